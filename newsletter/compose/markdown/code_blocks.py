"""Code blocks: syntax highlighting by Pygments, as five CSS classes that the style sheets colour."""

import html

from newsletter.compose.blocks import Code

MAX_CHARACTERS = 40_000
"""Longer listings are not highlighted, since a lexer can be very slow on crafted text."""


def highlight(text: str, language: str) -> str:
    """Return code as `<pre>` with spans of the classes k (keyword), s (string), c (comment), n (number), f (name)."""
    text = text.rstrip("\n")
    language_class = f" lang-{''.join(char for char in language.lower() if char.isalnum())}" if language else ""
    return f'<pre class="code{language_class}"><code>{_spans(text, language)}</code></pre>'


def code_block(text: str, language: str, line: int) -> Code:
    """Return code as a block, highlighted if its language is known."""
    return Code(line=line, html=highlight(text, language), text=text.rstrip("\n"))


def _spans(text: str, language: str) -> str:
    if not language or len(text) > MAX_CHARACTERS:
        return html.escape(text, quote=False)
    from pygments.lexers import get_lexer_by_name  # loading takes 50 ms, and most issues have no code
    from pygments.token import Comment, Keyword, Name, Number, Operator, String
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language.strip("{}.").lower(), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return html.escape(text, quote=False)
    classes = {
        Comment: "c",
        Keyword: "k",
        Operator.Word: "k",
        String: "s",
        Number: "n",
        Name.Function: "f",
        Name.Class: "f",
        Name.Decorator: "f",
        Name.Placeholder: "k",
        Name.Attribute: "f",
    }
    pieces = []
    for kind, value in lexer.get_tokens(text):
        name = next((classes[ancestor] for ancestor in reversed(kind.split()) if ancestor in classes), "")
        shown = html.escape(value, quote=False)
        pieces.append(f'<span class="{name}">{shown}</span>' if name and value.strip() else shown)
    return "".join(pieces)
