"""1. The author's files become issues and comments."""
