"""x"""

from lxml import html as h


def make_text(blocks, values) -> str:
    out = []
    for b in blocks:
        src = getattr(b, "html", None)
        if src:
            out.append(h.fragment_fromstring(src, create_parent="div").text_content().strip())
        for inner in getattr(b, "blocks", ()):
            out.append(make_text([inner], values))
        for c in getattr(b, "columns", ()):
            out.append(make_text(c, values))
    return "\n\n".join(out)
