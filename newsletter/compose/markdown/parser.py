"""The Markdown we read: CommonMark, tables, footnotes, lists of tasks and of definitions, attributes, boxes."""

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

from newsletter.compose.markdown.code_blocks import highlighted
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
_MAX_DEPTH = 16
_LONG_RUN = 20_000
_TASK = re.compile(r"\[([ xX])\][ \u00a0]+")
_BRACKETS = re.compile(r"(?:!?\[){60,}")
_MARKERS = re.compile(r"^(?P<indent>[ \t]*)(?P<markers>(?:(?:[-*+>]|\d{1,9}[.)])[ \t]*){17,})(?=\S)", re.MULTILINE)
_DEEP_INDENT = re.compile(r"^[ \t]{80,}(?=([-*+>]|\d{1,9}[.)])[ \t])", re.MULTILINE)


def parser(language: str) -> MarkdownIt:
    """Return a parser that sets quotation marks as `language` does."""
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


def tame(text: str) -> tuple[str, int | None]:
    """Flatten what is nested deeper than anybody reads; return the text and the first line that was."""
    first: list[int] = []

    def flatten(match: re.Match[str]) -> str:
        if len(set(match["markers"].replace(" ", "").replace("\t", ""))) == 1 and match["markers"][0] in "-*+":
            rest = text[match.end() : text.find("\n", match.end()) if "\n" in text[match.end() :] else len(text)]
            if not rest.strip(f"{match['markers'][0]} \t"):
                return match[0]  # a rule across the page
        first.append(text.count("\n", 0, match.start()) + 1)
        kept = re.findall(r"(?:[-*+>]|\d{1,9}[.)])[ \t]*", match["markers"])[:_MAX_DEPTH]
        return match["indent"] + "".join(kept)

    tamed = _MARKERS.sub(flatten, text)
    if deep := _DEEP_INDENT.search(tamed):
        first.append(tamed.count("\n", 0, deep.start()) + 1)
        tamed = _DEEP_INDENT.sub(" " * 40, tamed)
    if run := _BRACKETS.search(tamed):
        first.append(tamed.count("\n", 0, run.start()) + 1)
        tamed = _BRACKETS.sub(lambda brackets: brackets[0].replace("[", "\\["), tamed)
    return tamed, min(first, default=None)


def _quotes(language: str) -> Sequence[str]:
    spoken = primary(language)
    if spoken == "fr":
        return ["«\u00a0", "\u00a0»", "“", "”"]
    return _QUOTES.get(spoken, "“”‘’")


def _set_dashes(state: StateCore) -> None:
    """Set dashes and ellipses; unlike markdown-it, leave `(c)` and its like as they were written."""
    for token in state.tokens:
        for child in token.children or () if token.type == "inline" else ():
            if child.type == "text":
                child.content = _dashed(child.content)


def _mark_tasks(state: StateCore) -> None:
    """Turn `[x]` at the beginning of a list's item into a box, which mail can show and a checkbox cannot."""
    lists: list[Token] = []
    for index, token in enumerate(state.tokens):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            lists.append(token)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            ended = lists.pop()
            if ended.meta.get("tasks") and ended.meta["tasks"] == ended.meta["items"]:
                ended.attrSet("class", "tasks")
        elif token.type == "list_item_open" and lists:
            lists[-1].meta["items"] = lists[-1].meta.get("items", 0) + 1
        elif token.type == "inline" and index > 1 and state.tokens[index - 2].type == "list_item_open":
            first = token.children[0] if token.children else None
            if first is not None and first.type == "text" and (mark := _TASK.match(first.content)):
                first.content = first.content[mark.end() :]
                box = Token("html_inline", "", 0, meta={"is_ours": True})
                box.content = f'<span class="task">{"☐" if mark[1] == " " else "☑"}</span> '
                token.children = [box, *(token.children or [])]
                lists[-1].meta["tasks"] = lists[-1].meta.get("tasks", 0) + 1


def _link_bare_url(state: StateInline, silent: bool) -> bool:
    """Link a bare URL, but give up in runs of text so long that looking back would take for ever."""
    return len(state.pending) < _LONG_RUN and linkify(state, silent)


def _dashed(text: str) -> str:
    if "..." in text:
        text = re.sub(r"\.{3,}", "…", text)
    if "--" in text:
        text = re.sub(r"(?<!-)---(?!-)", "—", text)
        text = re.sub(r"(?<![-<!])--(?![->])", "–", text)
    return text


def _render_code(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    return highlighted(token.content, (token.info or "").strip().split(maxsplit=1)[0] if token.info.strip() else "")


def _render_footnote_reference(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    number, again = tokens[index].meta["id"] + 1, tokens[index].meta.get("subId", 0)
    anchor = f"fnref{number}" + (f"-{again + 1}" if again else "")
    return f'<sup class="ref" id="{anchor}"><a href="#fn{number}">{number}</a></sup>'
