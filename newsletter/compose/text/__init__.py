"""Text: blocks become the plain text part of an email.

`plain_text` lays out the blocks and what surrounds them; `html_to_text` converts the XHTML inside them.
"""
