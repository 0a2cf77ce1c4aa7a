"""The Markdown parser: CommonMark with tables, footnotes, task lists, definition lists, attributes, `:::` containers.

Quotation marks and dashes are set typographically, as the language of the issue does.
"""

import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.linkify import linkify
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from newsletter.compose.markdown.code_blocks import highlight
from newsletter.compose.markdown.east_asian import EastAsianInline, render_softbreak
from newsletter.locales import primary

_QUOTES = {
    "de": "„“‚‘", "cs": "„“‚‘", "sk": "„“‚‘", "sl": "„“‚‘", "bg": "„“‚‘", "et": "„“‚‘", "lt": "„“‚‘",
    "pl": "„”‚’", "ro": "„”«»", "hu": "„”»«", "hr": "„”‚’",
    "ru": "«»„“", "uk": "«»„“", "be": "«»„“", "el": "«»“”", "no": "«»‘’", "nb": "«»‘’", "nn": "«»‘’",
    "es": "«»“”", "pt": "“”‘’", "it": "«»“”", "fi": "””’’", "sv": "””’’", "da": "»«›‹",
}  # fmt: skip
_ATTRIBUTES = ("id", "class", "width", "height", "lang", "dir", "title", "align")
_OPTIONS = {"html": True, "linkify": True, "typographer": True, "xhtmlOut": True, "maxNesting": 100}
_LONG_RUN = 20_000
_TASK = re.compile(r"\[([ xX])\][ \u00a0]+")


def make_parser(language: str) -> MarkdownIt:
    """Return a parser that sets quotation marks in the style of `language`."""
    markdown = MarkdownIt("commonmark")
    markdown.inline = EastAsianInline()
    markdown.configure("commonmark", options_update=dict(_OPTIONS, quotes=_quotes(language)))
    markdown.enable(["table", "strikethrough", "linkify", "replacements", "smartquotes"])
    assert markdown.linkify is not None
    markdown.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    markdown.core.ruler.at("replacements", _set_dashes)
    markdown.core.ruler.after("inline", "tasks", _mark_tasks)
    markdown.inline.ruler.at("linkify", _link_bare_url)
    footnote_plugin(markdown)
    deflist_plugin(markdown)
    attrs_plugin(markdown, spans=True, allowed=_ATTRIBUTES)
    attrs_block_plugin(markdown, allowed=_ATTRIBUTES)
    container_plugin(markdown, "box", validate=lambda params, _markup: bool(params.strip()))
    markdown.add_render_rule("softbreak", render_softbreak)
    markdown.add_render_rule("fence", _render_code)
    markdown.add_render_rule("code_block", _render_code)
    markdown.add_render_rule("footnote_ref", _render_footnote_reference)
    return markdown


def _quotes(language: str) -> Sequence[str]:
    code = primary(language)
    if code == "fr":
        return ["«\u00a0", "\u00a0»", "“", "”"]
    return _QUOTES.get(code, "“”‘’")


def _set_dashes(state: StateCore) -> None:
    """Set dashes and ellipses; unlike markdown-it's own rule, leave `(c)` and its like alone."""
    for token in state.tokens:
        for child in token.children or () if token.type == "inline" else ():
            if child.type == "text":
                child.content = _with_dashes(child.content)


def _mark_tasks(state: StateCore) -> None:
    """Turn `[x]` at the start of a list item into a ballot box character, since mail clients show no checkboxes."""
    lists: list[Token] = []
    for index, token in enumerate(state.tokens):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            lists.append(token)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            closed_list = lists.pop()
            if closed_list.meta.get("tasks") and closed_list.meta["tasks"] == closed_list.meta["items"]:
                closed_list.attrSet("class", "tasks")
        elif token.type == "list_item_open" and lists:
            lists[-1].meta["items"] = lists[-1].meta.get("items", 0) + 1
        elif token.type == "inline" and index > 1 and state.tokens[index - 2].type == "list_item_open":
            first = token.children[0] if token.children else None
            if first is not None and first.type == "text" and (match := _TASK.match(first.content)):
                first.content = first.content[match.end() :]
                box = Token("html_inline", "", 0, meta={"is_generated": True})
                box.content = f'<span class="task">{"☐" if match[1] == " " else "☑"}</span> '
                token.children = [box, *(token.children or [])]
                lists[-1].meta["tasks"] = lists[-1].meta.get("tasks", 0) + 1


def _link_bare_url(state: StateInline, silent: bool) -> bool:
    """Link a bare URL, except in runs of text so long that looking back would take too long."""
    return len(state.pending) < _LONG_RUN and linkify(state, silent)


def _with_dashes(text: str) -> str:
    if "..." in text:
        text = re.sub(r"\.{3,}", "…", text)
    if "--" in text:
        text = re.sub(r"(?<!-)---(?!-)", "—", text)
        text = re.sub(r"(?<![-<!])--(?![->])", "–", text)
    return text


def _render_code(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    return highlight(token.content, (token.info or "").strip().split(maxsplit=1)[0] if token.info.strip() else "")


def _render_footnote_reference(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    number, repetition = tokens[index].meta["id"] + 1, tokens[index].meta.get("subId", 0)
    anchor = f"fnref{number}" + (f"-{repetition + 1}" if repetition else "")
    return f'<sup class="ref" id="{anchor}"><a href="#fn{number}">{number}</a></sup>'
