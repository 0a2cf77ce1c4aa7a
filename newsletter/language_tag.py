"""Language tags (RFC 5646) as authors and readers write them: pt-BR, pt_br, PT."""


def primary(tag: str) -> str:
    """Return what a tag begins with: the language, without script or region, in lower case."""
    return tag.lower().replace("_", "-").partition("-")[0]
