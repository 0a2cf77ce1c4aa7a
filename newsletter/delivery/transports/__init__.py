"""One file for each next hop."""
