"""Redaction: what a reply's text and name may show in public.

`public_text` is the whole of it: quotations that are not public go, then `redaction` takes out private links, tokens
and email addresses, and `phone_numbers` telephone numbers. Start with `public_text`.
"""
