"""Machines: what follows links without being a reader, as far as it says so itself.

Mail filters look at every link before the letter is shown, chat programs make previews, browsers fetch ahead.
Those that pretend to be a reader's browser are known by their haste only (`clicks.py`), and not all of them are.
"""

import re
from collections.abc import Mapping

_AGENT = re.compile(
    r"bot[/_;)-]|bot$|\+https?:|crawl|spider|slurp|scan|preview|prefetch|monitor|check|validator|fetch|headless|phantom"
    r"|curl|wget|python|httpx|aiohttp|okhttp|go-http|java/|libwww|perl|ruby|php/|axios|node-fetch|postman|http_client"
    r"|facebookexternalhit|whatsapp|telegram|skypeuri|embedly|imageproxy|mailproxy"
    r"|proofpoint|mimecast|barracuda|safelinks|ms-office|microsoft office|trendmicro|symantec|fireeye|forcepoint"
    r"|mailscanner|spamassassin|ironport|zscaler|bitdefender|kaspersky|sophos|avast|urldefense",
    re.IGNORECASE,
)
_AHEAD = ("purpose", "sec-purpose", "x-purpose", "x-moz")
"""Headers in which a browser says that nobody has asked for the page yet."""


def is_human_click(headers: Mapping[str, str]) -> bool:
    """Whether a request may be a person who follows a link in a browser, and does not mind being counted.

    `headers` are those of the request, their names in small letters.
    """
    agent = headers.get("user-agent", "")
    if not agent.startswith("Mozilla/") or _AGENT.search(agent):
        return False
    if any(re.search("prefetch|preview|prerender", headers.get(name, "").lower()) for name in _AHEAD):
        return False
    if headers.get("dnt") == "1" or headers.get("sec-gpc") == "1":
        return False
    return headers.get("sec-fetch-mode", "navigate") == "navigate"
