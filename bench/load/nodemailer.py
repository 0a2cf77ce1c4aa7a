"""npm's nodemailer, for scale: its pool composes each letter from HTML and text and sends it into our sink."""

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

NODEMAILER = "nodemailer@10"
JAVASCRIPT = """
const nodemailer = require("nodemailer"), fs = require("fs");
const [port, connections, number] = process.argv.slice(2).map(Number);
const html = fs.readFileSync("letter.html", "utf8"), text = fs.readFileSync("letter.txt", "utf8");
const pool = nodemailer.createTransport({
  host: "127.0.0.1", port, secure: false, ignoreTLS: true,
  pool: true, maxConnections: connections, maxMessages: Infinity,
});
const letter = (reader) => ({
  from: "Bench <news@bench.example>",
  to: `Zoë Reader ${reader} <reader${reader}@bench.example>`,
  subject: "A letter about lamps",
  html: html.replace("FRIEND", "Zoë"),
  text: text.replace("FRIEND", "Zoë"),
  headers: { "List-Unsubscribe": `<https://letters.bench.example/u/${reader}>` },
});
(async () => {
  let next = 1;
  const started = process.hrtime.bigint(), used = process.cpuUsage();
  const worker = async () => { while (next <= number) await pool.sendMail(letter(next++)); };
  await Promise.all(Array.from({ length: 4 * connections }, worker));
  const spent = process.cpuUsage(used);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.log(JSON.stringify({ rate: number / seconds, cpu: (spent.user + spent.system) / 1000 / number }));
  pool.close();
})();
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast something sends."""

    rate: float
    """Messages a second."""
    cpu: float
    """Milliseconds of CPU for one."""


class Nodemailer:
    """nodemailer in a folder of its own."""

    def __init__(self, html: str, text: str) -> None:
        """Install it, with the parts of the letter; FRIEND stands where a reader's name goes."""
        self._folder = tempfile.TemporaryDirectory(prefix="nodemailer-")
        there = Path(self._folder.name)
        (there / "letter.html").write_text(html, encoding="utf-8")
        (there / "letter.txt").write_text(text, encoding="utf-8")
        (there / "run.cjs").write_text(JAVASCRIPT, encoding="utf-8")
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(there), NODEMAILER]
        subprocess.run(install, check=True)

    def send(self, port: int, connections: int, number: int) -> Speed:
        """Send so many letters into a sink."""
        command = ["node", "run.cjs", str(port), str(connections), str(number)]
        ran = subprocess.run(command, cwd=self._folder.name, check=True, capture_output=True, text=True)
        return Speed(**json.loads(ran.stdout))

    def close(self) -> None:
        """Remove it."""
        self._folder.cleanup()


def is_here() -> bool:
    """Whether node and npm are installed."""
    return bool(shutil.which("npm") and shutil.which("node"))
