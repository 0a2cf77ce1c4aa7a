"""A built wheel carries all that `newsletter init` needs."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

import newsletter
from newsletter.locales import packaged_languages
from tests.acceptance.publication_folder import PublicationFolder


@pytest.mark.slow
def test_init_from_a_wheel_gives_a_working_publication(tmp_path: Path) -> None:
    root = Path(newsletter.__file__).parents[1]
    build = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*build, "--no-build-isolation", "-w", str(tmp_path), str(root)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "venv", with_pip=False)
    (site,) = (tmp_path / "venv" / "lib").glob("python3*/site-packages")
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(site)], check=True)
    (ours,) = (Path(sys.executable).parents[1] / "lib").glob("python3*/site-packages")
    (site / "libraries.pth").write_text(f"{ours}\n")  # the libraries only: the wheel's own package comes first
    python = tmp_path / "venv" / "bin" / "python"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(python), "-m", "newsletter", *arguments],
            cwd=tmp_path,
            env=PublicationFolder.environment(),
            check=True,
            capture_output=True,
            text=True,
        )

    run("init", "mine")
    assert '"submitted":25' in run("--publication", "mine", "send", "--json").stdout
    where = subprocess.run(
        [str(python), "-c", "import newsletter; print(newsletter.__file__)"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert where.stdout.startswith(str(site))
    compiled = {path.parents[1].name for path in site.glob("newsletter/locales/*/LC_MESSAGES/newsletter.mo")}
    assert compiled == set(packaged_languages()) - {"en"}
