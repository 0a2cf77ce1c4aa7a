"""Views: how the results of use cases look on a terminal, and the objects that `--json` prints for them."""
