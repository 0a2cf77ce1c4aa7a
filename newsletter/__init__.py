"""A newsletter you own: Markdown in, letters out, readers' answers back as comments."""

__version__ = "0.2.0"
