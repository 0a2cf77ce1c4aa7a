"""MJML to a finished, inlined letter: mjml-python and premailer against npm's mjml, on the same input, both warm.

    .venv/bin/python bench/compile.py [FOLDER]

The letters are the issues of the publication in FOLDER (by default the sample), repeated to 2,000 words or more.
npm's mjml inlines in the same run, by `mj-style inline="inline"`; it is installed into a temporary folder.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from newsletter.compose import compose, rendition
from newsletter.compose.html.mjml import MessageHtml, Templates, compile_and_inline
from newsletter.compose.merge_tags import Placeholders
from newsletter.content import read_issues
from newsletter.settings import read_settings

RUNS, WARM_UP = 60, 30
WORDS = 2000
MJML = "mjml@5"
JAVASCRIPT = """
const mjml = require("mjml"), fs = require("fs");
const [file, out, runs, warmUp] = process.argv.slice(2);
const text = fs.readFileSync(file, "utf8"), wall = [], cpu = [];
(async () => {
  for (let run = 0; run < Number(runs) + Number(warmUp); run++) {
    const started = process.hrtime.bigint(), worked = process.cpuUsage();
    const { html } = await mjml(text, { validationLevel: "skip", fonts: {} });
    const used = process.cpuUsage(worked);
    wall.push(Number(process.hrtime.bigint() - started) / 1e6);
    cpu.push((used.user + used.system) / 1000);
    if (!run) fs.writeFileSync(out, html);
  }
  console.log(JSON.stringify({ wall: wall.slice(warmUp), cpu: cpu.slice(warmUp) }));
})();
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """What the last step of composing is called with."""

    title: str
    templates: Templates
    template: str
    mjml: str
    placeholders: Placeholders

    def compile_and_inline(self) -> str:
        """Return the letter compiled and inlined."""
        return compile_and_inline(self.templates, self.template, self.mjml, self.placeholders)


def letters_of(folder: Path) -> Iterator[Letter]:
    """Compose each issue, repeated until it is long enough, as far as its MJML."""
    settings = read_settings(folder, {})
    render_html = rendition.render_html
    for issue in read_issues(settings).issues:
        body = issue.body * -(-WORDS // len(issue.body.split()))
        calls: list[Letter] = []

        def recording(
            templates: Templates, name: str, values: dict[str, Any], placeholders: Placeholders
        ) -> MessageHtml:
            mjml = templates.render(f"{name}.mjml", values)
            calls.append(Letter(f"{issue.slug}, {len(body.split())} words", templates, name, mjml, placeholders))  # noqa: B023
            return render_html(templates, name, values, placeholders)

        rendition.render_html = recording
        compose(replace(issue, body=body), next(iter(settings.lists)), settings)
        yield calls[0]


def ours(work: Callable[[], str]) -> dict[str, list[float]]:
    """Return wall and CPU milliseconds of each warm run."""
    wall, cpu = [], []
    for _ in range(RUNS + WARM_UP):
        started, worked = time.perf_counter(), time.process_time()
        work()
        wall.append((time.perf_counter() - started) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
    return {"wall": wall[WARM_UP:], "cpu": cpu[WARM_UP:]}


def theirs(folder: Path, mjml: str) -> tuple[dict[str, list[float]], str]:
    """Return the same of npm's mjml, and what it made."""
    (folder / "letter.mjml").write_text(mjml, encoding="utf-8")
    (folder / "run.cjs").write_text(JAVASCRIPT, encoding="utf-8")
    command = ["node", "run.cjs", "letter.mjml", "letter.html", str(RUNS), str(WARM_UP)]
    ran = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return json.loads(ran.stdout), (folder / "letter.html").read_text(encoding="utf-8")


def compare(one: Letter, scratch: Path) -> None:
    """Print a line each, and the ratios."""
    times, html = ours(one.compile_and_inline), one.compile_and_inline()
    their_times, their_html = theirs(scratch, one.mjml)
    print(f"\n{one.title:40} {'CPU ms':>8} {'wall ms':>8} {'least':>8} {'bytes':>8}")
    for who, took, made in (("ours", times, html), (f"npm {MJML}", their_times, their_html)):
        cpu, wall = statistics.median(took["cpu"]), statistics.median(took["wall"])
        print(f"  {who:38} {cpu:8.1f} {wall:8.1f} {min(took['wall']):8.1f} {len(made.encode()):8}")
    cpu, wall = (statistics.median(their_times[kind]) / statistics.median(times[kind]) for kind in ("cpu", "wall"))
    share = len(html.encode()) / len(their_html.encode())
    print(f"  {cpu:.1f} times less CPU, {wall:.1f} times less wall time, {share:.0%} of the bytes")


def main(folder: Path) -> None:
    """Compare on every issue of the publication."""
    if not shutil.which("npm"):
        print("npm is not installed: nothing to compare with")
        return
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", name, MJML]
        subprocess.run(install, check=True)
        for one in letters_of(folder):
            compare(one, scratch)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1])
