"""HTML: blocks and templates become the HTML of an email.

`mjml` renders the Jinja2 templates and compiles MJML, `css_inliner` inlines styles, `cache` keeps compiled templates
and parsed style sheets, and `semantic_html` writes blocks without a layout, for the archive and for feeds.
"""
