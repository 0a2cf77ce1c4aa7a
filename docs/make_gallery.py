"""Makes the gallery: every block in every template, light and dark, wide and narrow, on one page.

    .venv/bin/python docs/make_gallery.py [OUT]

Writes OUT/index.html (default: out/gallery) with the letters beside it. With `--shots` and Chromium it also takes
their pictures, with images off and without style sheets as well.
"""

import argparse
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from newsletter.compose import compose, fill_merge_tags
from newsletter.content import create_publication, read_issue, read_issues
from newsletter.settings import Settings, read_settings

EVERY_BLOCK = Path(__file__).parents[1] / "tests" / "golden" / "publication"
TEMPLATES = ("letter", "digest", "announcement")
WIDTHS = (375, 680, 1280)
VALUES = {
    "subscriber.first_name": "Zoë",
    "links.unsubscribe": "https://lantern.example/u/token",
    "links.reply": "mailto:r+token@replies.lantern.example",
    "links.preferences": "https://lantern.example/preferences/token",
    "links.view": "https://lantern.example/view/token",
}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title>
<meta name="viewport" content="width=device-width"><style>
body {{ margin: 32px; font: 16px/1.5 system-ui, sans-serif; color: #1f2328; }}
h1 {{ font-size: 28px; }} h2 {{ margin: 48px 0 16px; font-size: 21px; }}
.row {{ display: flex; gap: 24px; overflow-x: auto; align-items: flex-start; }}
figure {{ margin: 0; }} figcaption {{ color: #5c6166; font-size: 14px; }}
iframe {{ border: 1px solid #e3e0da; height: 900px; }}
.dark {{ color-scheme: dark; }} .light {{ color-scheme: light; }}
</style><h1>Every block in every template</h1>
{body}</html>
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter of the gallery."""

    name: str
    title: str
    html: str


def letters(scratch: Path) -> Iterator[Letter]:
    """Compose every block in each template, other scripts too, and the sample."""
    shutil.copytree(EVERY_BLOCK, scratch / "blocks", ignore=shutil.ignore_patterns("var"))
    create_publication(scratch / "sample")
    blocks, sample = (_at_home(read_settings(scratch / name, {})) for name in ("blocks", "sample"))
    for template in TEMPLATES:
        for issue in sorted(read_issues(blocks).issues, key=lambda issue: issue.slug.text != "kitchen-sink"):
            yield _letter(blocks, issue.slug.text, template)
    for issue in read_issues(sample).issues:
        yield _letter(sample, issue.slug.text, issue.template)


def _letter(settings: Settings, slug: str, template: str) -> Letter:
    issue = replace(read_issue(settings, slug), template=template)
    edition = compose(issue, next(iter(settings.lists)), settings).edition
    return Letter(f"{slug}-{template}", f"{issue.title} ({template})", fill_merge_tags(edition.html, VALUES))


def _at_home(settings: Settings) -> Settings:
    delivery = settings.delivery.model_copy(update={"transport": "outbox"})
    archive = settings.archive.model_copy(update={"url": None})
    return settings.model_copy(update={"delivery": delivery, "archive": archive})


def row(letter: Letter) -> str:
    """Return a letter's row: two widths, two schemes."""
    frames = "\n".join(
        f'<figure class="{scheme}"><figcaption>{width} px, {scheme}</figcaption>'
        f'<iframe src="{letter.name}.html" width="{width}" title="{letter.title}, {width} px, {scheme}"></iframe>'
        "</figure>"
        for width in WIDTHS[:2]
        for scheme in ("light", "dark")
    )
    return f'<h2>{letter.title}</h2><div class="row">{frames}</div>'


def shoot(out: Path, made: list[Letter]) -> None:
    """Take each letter's picture at every width and in both schemes, and as the poorest clients show it."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    (out / "shots").mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for letter in made:
            for kind, html in _kinds(letter.html):
                page_file = out / "shots" / "letter.html"
                page_file.write_text(html, encoding="utf-8")
                for width in WIDTHS:
                    for scheme in ("light", "dark") if kind == "whole" else ("light",):
                        page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                        page.goto(page_file.as_uri())
                        shot = out / "shots" / f"{letter.name}-{width}-{scheme}-{kind}.png"
                        page.screenshot(path=str(shot), full_page=True)
                        page.close()
        chromium.close()
        page_file.unlink()


def _kinds(html: str) -> Iterator[tuple[str, str]]:
    yield "whole", html
    yield "no-pictures", re.sub(r'src="[^"]*"', 'src="file:///nowhere.png"', html)
    yield "no-styles", re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


def main() -> None:
    """Write the page; say where."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("out", nargs="?", type=Path, default=Path("out/gallery"))
    options.add_argument("--shots", action="store_true", help="take pictures with Chromium")
    chosen = options.parse_args()
    out: Path = chosen.out.resolve()
    scratch = out / "publications"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    made = list(letters(scratch))
    for letter in made:
        (out / f"{letter.name}.html").write_text(letter.html, encoding="utf-8")
    (out / "index.html").write_text(PAGE.format(body="\n".join(map(row, made))), encoding="utf-8")
    if chosen.shots:
        shoot(out, made)
    sys.stdout.write(f"{out / 'index.html'}\n")


if __name__ == "__main__":
    main()
