"""The commands: each parses its options, calls one use case of `newsletter.app`, and shows the result with a view."""
