"""Bot filter: distinguishes clicks of people from those of programs, by the request itself.

Mail filters follow every link before the message is shown, chat programs make previews, browsers prefetch. Programs
that pretend to be a reader's browser are recognised by their haste only (`counter.py`), and not all of them are.
"""

import re
from collections.abc import Mapping

_CRAWLERS = r"bot[/_;)-]|bot$|\+https?:|crawl|spider|slurp|scan|preview|prefetch|monitor|check|validator|fetch"
_HTTP_CLIENTS = (
    r"headless|phantom|curl|wget|python|httpx|aiohttp|okhttp|go-http|java/|libwww|perl|ruby|php/|axios|node-fetch"
    r"|postman|http_client"
)
_LINK_PREVIEWS = r"facebookexternalhit|whatsapp|telegram|skypeuri|embedly|imageproxy|mailproxy"
_MAIL_FILTERS = (
    r"proofpoint|mimecast|barracuda|safelinks|ms-office|microsoft office|trendmicro|symantec|fireeye|forcepoint"
    r"|mailscanner|spamassassin|ironport|zscaler|bitdefender|kaspersky|sophos|avast|urldefense"
)
_PROGRAM = re.compile("|".join((_CRAWLERS, _HTTP_CLIENTS, _LINK_PREVIEWS, _MAIL_FILTERS)), re.IGNORECASE)
"""What the User-Agent of a program contains."""
_PURPOSE = re.compile("prefetch|preview|prerender")
_PURPOSE_HEADERS = ("purpose", "sec-purpose", "x-purpose", "x-moz")
"""Headers in which a browser says that nobody has asked for the page yet."""


def is_human_click(headers: Mapping[str, str]) -> bool:
    """Return whether a request may be a person's who follows a link, and who does not object to being counted.

    `headers` are those of the request, names in lower case. Do Not Track and Global Privacy Control are respected.
    """
    agent = headers.get("user-agent", "")
    if not agent.startswith("Mozilla/") or _PROGRAM.search(agent):
        return False
    if any(_PURPOSE.search(headers.get(name, "").lower()) for name in _PURPOSE_HEADERS):
        return False
    if headers.get("dnt") == "1" or headers.get("sec-gpc") == "1":
        return False
    return headers.get("sec-fetch-mode", "navigate") == "navigate"
