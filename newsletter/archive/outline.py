"""The outline of a page: its title is the only heading of the first rank."""

import re

_HEADING = re.compile(r"<(/?)h([1-6])(?=[\s>])")


def ranked(body: str) -> str:
    """Return sanitised HTML whose highest heading is an `h2`, wherever its author began to count."""
    ranks = [int(rank) for _slash, rank in _HEADING.findall(body)]
    if not ranks:
        return body
    shift = 2 - min(ranks)
    return _HEADING.sub(lambda match: f"<{match[1]}h{min(6, int(match[2]) + shift)}", body)
