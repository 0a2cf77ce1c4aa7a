"""The cache never changes an email; losing or damaging it costs only time."""

import json
import os
from pathlib import Path

import jinja2
import pytest

from newsletter.compose.html.cache import FileCache, TemplateBytecodeCache, version_key
from newsletter.compose.html.css_inliner import inline_css

PAGE = '<!doctype html><html><head></head><body><p class="a" style="color:red">B</p><p>C</p></body></html>'
CSS = ".a { margin: 0; font-family: 'A B', serif } p { color: blue; padding: 1px }"


def _only(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


def test_a_cached_style_sheet_gives_the_same_email(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "kept")
    plain = inline_css(PAGE, CSS)
    assert inline_css(PAGE, CSS, cache) == plain
    before = _only(cache.folder).read_bytes()
    assert inline_css(PAGE, CSS, cache) == plain
    assert _only(cache.folder).read_bytes() == before


def test_a_kept_sheet_is_used(tmp_path: Path) -> None:
    cache = FileCache(tmp_path)
    inline_css(PAGE, CSS, cache)
    path = _only(tmp_path)
    cache.write(path.name, (cache.read(path.name) or b"").replace(b"blue", b"teal"))
    assert "color:teal" in inline_css(PAGE, CSS, cache)
    assert "color:blue" in inline_css(PAGE, f"{CSS} ", cache)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"rules":3,"styles":{}}', b"\xff\xfe", b'{"styles":{"a":[1]}}'])
def test_a_damaged_sheet_is_read_anew(tmp_path: Path, damage: bytes) -> None:
    cache = FileCache(tmp_path)
    inline_css(PAGE, CSS, cache)
    path = _only(tmp_path)
    path.write_bytes(damage)
    assert inline_css(PAGE, CSS, cache) == inline_css(PAGE, CSS)
    cache.write(path.name, damage)
    assert inline_css(PAGE, CSS, cache) == inline_css(PAGE, CSS)
    assert json.loads(cache.read(path.name) or b"")["rules"]


def test_an_element_not_met_before_is_added(tmp_path: Path) -> None:
    cache = FileCache(tmp_path)
    inline_css(PAGE, CSS, cache)
    other = PAGE.replace("color:red", "width: 7px")
    assert inline_css(other, CSS, cache) == inline_css(other, CSS)
    assert {"color:red", "width: 7px"} <= set(json.loads(cache.read(_only(tmp_path).name) or b"")["styles"])


def test_without_a_writable_cache_the_email_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert inline_css(PAGE, CSS, FileCache(tmp_path / "file" / "kept")) == inline_css(PAGE, CSS)


@pytest.mark.parametrize("damage", [b"", b"x" * 40, None])
def test_a_kept_template_is_its_source(tmp_path: Path, damage: bytes | None) -> None:
    cache = FileCache(tmp_path / "kept")
    source = tmp_path / "letter.txt"

    def render() -> str:
        loader = jinja2.FileSystemLoader(tmp_path)
        environment = jinja2.Environment(loader=loader, autoescape=True, bytecode_cache=TemplateBytecodeCache(cache))
        return environment.get_template("letter.txt").render(who="<you>")

    source.write_text("To {{ who }}")
    assert render() == "To &lt;you&gt;"
    path = _only(cache.folder)
    path.write_bytes(path.read_bytes()[:60] if damage is None else damage)
    assert render() == "To &lt;you&gt;"
    source.write_text("For {{ who }}")
    assert render() == "For &lt;you&gt;"


def test_another_release_of_a_library_reads_nothing_of_the_one_before() -> None:
    assert version_key("jinja2") != version_key("lxml")
    assert version_key("jinja2", "1") != version_key("jinja2", "2")
    assert version_key("jinja2", "1") == version_key("jinja2", "1")


def test_the_oldest_go_once_there_are_many(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "kept")
    for number in range(401):
        cache.write(f"name-{number}", b"content")
        os.utime(cache.folder / f"name-{number}", (number, number))
    cache.write("newest", b"content")
    assert cache.read("newest") == b"content"
    assert cache.read("name-0") is None
    assert len(list(cache.folder.iterdir())) <= 401
