"""format=flowed (RFC 3676): soft line breaks joined again, with DelSp, the quoting kept."""


def unflow(text: str, *, has_delsp: bool = False) -> str:
    """Return fixed lines: a paragraph is one line, a quoted one begins with its `>` marks and a space."""
    lines: list[str] = []
    pieces: list[str] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        content = line.rstrip("\r").lstrip(">")
        depth = len(line.rstrip("\r")) - len(content)
        content = content.removeprefix(" ")
        if open_depth is not None and (depth != open_depth or content == "-- "):
            lines.append(_quoted("".join(pieces).rstrip(), open_depth))
            pieces, open_depth = [], None
        is_soft = content.endswith(" ") and content != "-- "
        pieces.append(content[:-1] if is_soft and has_delsp else content)
        if is_soft:
            open_depth = depth
            continue
        lines.append(_quoted("".join(pieces), depth))
        pieces, open_depth = [], None
    if pieces:
        lines.append(_quoted("".join(pieces).rstrip(), open_depth or 0))
    return "\n".join(lines)


def _quoted(content: str, depth: int) -> str:
    return f"{'>' * depth} {content}" if depth else content
