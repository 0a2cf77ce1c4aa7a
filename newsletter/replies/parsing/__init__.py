"""Parsing of incoming mail, within limits: nothing in a message can make it fail or take long.

`message` splits a message into its MIME parts and returns a ParsedMessage; `headers` reads its header fields;
`text_body` decodes the text of one part. Start with `message`.
"""
