"""An HTML body becomes lines, with the marks that mail clients leave around quotations and signatures."""

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from newsletter.replies.extract.lines import MAX_LINES, BodyLine, LineKind, cleaned
from newsletter.replies.extract.phrase_tables import phrase_set

_SKIPPED = phrase_set(
    "script|style|head|title|template|object|embed|iframe|svg|math|select|textarea|audio|video|meta|link"
)
_BLOCKS = phrase_set(
    """address|article|aside|blockquote|body|center|dd|div|dl|dt|fieldset|figure|footer|form|h1|h2|h3|h4|h5
    h6|header|hr|html|li
    main|nav|ol|p|pre|section|table|tbody|tfoot|thead|tr|ul"""
)
_SPACED = phrase_set("p|h1|h2|h3|h4|h5|h6|ul|ol|pre|blockquote|table|dl")
_HIDDEN = re.compile(
    r"display\s?:\s?none|mso-hide\s?:\s?all|visibility\s?:\s?hidden|font-size\s?:\s?0(?:px|pt|em)?\s?(?:;|$)",
    re.IGNORECASE,
)
_SPACES = re.compile(r"[ \t\n\r\f]+")

_QUOTATIONS = phrase_set(
    """gmail_quote|protonmail_quote|mail-quote|cite|qt|zmail_extra_quote|wmi-quote|edo-original
    front-blockquote|freshdesk_quote|tutanota_quote|quoted-text|sh-quoted-content"""
)
"""Classes and ids of a `blockquote` that quotes what was answered."""
_ENDS = phrase_set(
    """divrplyfwdmsg|olk_src_body_section|yahoo_quoted|zmail_extra|mail-editor-reference-message-container
    ms-outlook-mobile-reference-message|isreplycontent|replyheader|stopspelling|zwchr|messagereplysection
    edo-message-original|cm_quote|forwardheader|quoted_html|reply-intro-outlook|divtagdefaultwrapper-quote
    includetail|ntes-mailmaster-quote|oriheader|gmail_quote_forward|__divider__|__headers__|__quoted_text__
    mail_quote|yiv-quoted|quoteddiv|quoted-content|ox-quoted|tutanota_quote|orig_msg|originalmessage"""
)
"""Classes, ids, names and data-markers of an element with which everything of the sender ends."""
_ATTRIBUTIONS = phrase_set(
    """gmail_attr|moz-cite-prefix|reply-intro|airmail_on|airmail_ext_on|moz-email-headers-table
    yahoo-attribution"""
)
_SIGNATURES = phrase_set(
    """gmail_signature|gmail_signature_prefix|moz-signature|ms-outlook-mobile-signature
    ms-outlook-ios-signature|composer_signature|protonmail_signature_block|applemailsignature|bloop_sign
    k9mail-signature|signature|messagesignaturesection|edo-signature|zmail_signature|sh-signature
    mail-signature|tutanota-signature|ydp-signature|front-signature|mailspring-signature|ox-signature
    zm-signature|mobile-signature|hoenzb-sig|missive_signature|spark-signature|rcm-signature
    bluemail_signature|_rp_signature|email-signature"""
)


@dataclass(slots=True)
class _State:
    """What the walk has gathered so far."""

    lines: list[BodyLine] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    kinds: list[LineKind] = field(default_factory=lambda: [LineKind.TEXT])
    depth: int = 0
    hidden: int = 0
    preformatted: int = 0
    has_marks: bool = False

    def say(self, text: str | None) -> None:
        if text and not self.hidden:
            self.pieces.append(text if self.preformatted else _SPACES.sub(" ", text))

    def end_line(self, *, is_spaced: bool = False) -> None:
        """Finish the current line, if anything is on it; a spaced block leaves one blank line."""
        text = "".join(self.pieces)
        self.pieces.clear()
        for piece in text.split("\n", MAX_LINES)[:MAX_LINES] if self.preformatted else [text]:
            if piece.strip():
                kept = piece.rstrip() if self.preformatted else piece.strip()
                self.lines.append(BodyLine(self._quoted(kept), self.kinds[-1]))
        if is_spaced and self.lines and not self.lines[-1].is_blank:
            self.lines.append(BodyLine(""))

    def break_line(self) -> None:
        """Do as `<br>` does: an empty line stays one."""
        if "".join(self.pieces).strip():
            self.end_line()
        elif not self.hidden:
            self.lines.append(BodyLine("", self.kinds[-1] if self.kinds[-1] is LineKind.QUOTE else LineKind.TEXT))

    def _quoted(self, text: str) -> str:
        return f"{'> ' * min(self.depth, 8)}{text}"


def read_html_lines(html: str) -> tuple[list[BodyLine], bool]:
    """Return the lines of an HTML body, and whether a client's marks of a quotation were among them.

    Hidden text, scripts and styles are left out; of links and pictures only what is read stays.
    """
    root = _parsed(cleaned(html))
    if root is None:
        return [], False
    state = _State()
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event == "start":
            _enter(state, element)
        elif event == "end":
            _leave(state, element)
        if event != "start" and element is not root:
            state.say(element.tail)
        if len(state.lines) > MAX_LINES:
            break
    state.end_line()
    return state.lines, state.has_marks


def _parsed(html: str) -> Any:
    if not html.strip():
        return None
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=False, recover=True, no_network=True)
    try:
        return etree.fromstring(html.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _tag(element: Any) -> str:
    tag = element.tag
    return tag.lower() if isinstance(tag, str) else ""


def _enter(state: _State, element: Any) -> None:
    tag = _tag(element)
    if _is_hidden(tag, element):
        state.hidden += 1
        return
    if state.hidden:
        return
    if tag in _BLOCKS:
        state.end_line(is_spaced=tag in _SPACED)
    kind = _kind_of(tag, element)
    if kind is LineKind.DIVIDER:
        state.end_line()
        state.lines.append(BodyLine("", LineKind.DIVIDER, "client's mark of a quotation"))
        kind = None
    if kind is not None:
        state.end_line()
        state.has_marks = state.has_marks or kind in {LineKind.QUOTE, LineKind.ATTRIBUTION}
    state.kinds.append(_within(state.kinds[-1], kind))
    if tag == "blockquote":
        state.depth += 1
    if tag == "pre":
        state.preformatted += 1
    if tag == "li":
        state.say("- ")
    if tag == "img":
        state.say(_picture_text(element))
    state.say(element.text if tag not in _SKIPPED else "")


def _leave(state: _State, element: Any) -> None:
    tag = _tag(element)
    if _is_hidden(tag, element):
        state.hidden -= 1
        return
    if state.hidden or not tag:
        return
    if tag == "br":
        state.break_line()
    elif tag in {"td", "th"}:
        state.say(" ")
    elif tag in _BLOCKS or (len(state.kinds) > 1 and state.kinds[-1] is not state.kinds[-2]):
        state.end_line(is_spaced=tag in _SPACED)
    if tag == "pre":
        state.preformatted -= 1
    if tag == "blockquote":
        state.depth -= 1
    state.kinds.pop()


def _is_hidden(tag: str, element: Any) -> bool:
    if tag in _SKIPPED:
        return True
    return bool(tag) and (
        element.get("hidden") is not None or bool(_HIDDEN.search((element.get("style") or "")[:2_000]))
    )


def _within(outer: LineKind, inner: LineKind | None) -> LineKind:
    """Return the kind of content in `inner` within `outer`: anything inside a quotation is a quotation."""
    if inner is None or outer in {LineKind.QUOTE, LineKind.SIGNATURE}:
        return outer
    return inner


def _kind_of(tag: str, element: Any) -> LineKind | None:
    names = _names_of(element)
    if tag == "blockquote":
        is_cited = (
            (element.get("type") or "").lower() == "cite" or _has(names, _QUOTATIONS) or element.get("cite") is not None
        )
        return LineKind.QUOTE if is_cited else LineKind.OWN_QUOTE
    style = (element.get("style") or "")[:2_000].lower()
    if tag in {"div", "p"} and "border-top" in style and "solid" in style and _heads_mail(element):
        return LineKind.DIVIDER
    if not names:
        return None
    if _has(names, _ATTRIBUTIONS):
        return None if "".join(element.itertext())[:200].strip().startswith("---") else LineKind.ATTRIBUTION
    if _has(names, _ENDS):
        return LineKind.DIVIDER
    return LineKind.SIGNATURE if _has(names, _SIGNATURES) else None


def _names_of(element: Any) -> tuple[str, ...]:
    """Return classes, id, name and data markers in lower case, without the prefix that Outlook adds."""
    written = " ".join(
        element.get(name) or ""
        for name in ("class", "id", "name", "data-marker", "data-smartmail", "data-signature-widget")
    )
    return tuple(name.removeprefix("x_") for name in written[:500].lower().split()) if written.strip() else ()


def _has(names: tuple[str, ...], marks: frozenset[str]) -> bool:
    return any(name in marks or name.rstrip("_0123456789") in marks for name in names)


def _heads_mail(element: Any) -> bool:
    """Whether a bordered box holds a header block: several labels in bold, or an address with a colon."""
    text = "".join(element.itertext())[:2_000]
    return "@" in text or (sum(1 for _ in element.iter("b", "strong")) >= 2 and text.count(":") + text.count("：") >= 2)


def _picture_text(element: Any) -> str:
    """Return a picture's alternative text if it represents a character, as clients write emoji."""
    text: str = element.get("alt") or ""
    return text if 0 < len(text) <= 8 and not text.isascii() else ""
