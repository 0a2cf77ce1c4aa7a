"""7. What readers wrote back becomes comments."""
