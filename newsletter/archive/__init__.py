"""8. Issues and comments become the static site; needs no database."""
