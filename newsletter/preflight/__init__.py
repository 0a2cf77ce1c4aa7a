"""4. What an author should know before sending."""
