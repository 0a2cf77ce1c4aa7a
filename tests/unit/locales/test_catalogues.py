"""Every catalogue holds every sentence, complete; each is compiled once and again when it changes."""

import ast
from pathlib import Path
from threading import Thread

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

import newsletter
from newsletter.locales import compiled_file, packaged_languages, placeholders

ROOT = Path(newsletter.__file__).parents[1]
LOCALES = ROOT / "newsletter" / "locales"
OTHERS = [language for language in packaged_languages() if language != "en"]
CALLS = {"_", "gettext", "ngettext", "pgettext", "npgettext", "N_"}
"""What `make messages` looks for."""


def catalogue(language: str) -> Catalog:
    with (LOCALES / language / "LC_MESSAGES" / "newsletter.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def sentences(catalog: Catalog) -> dict[tuple[object, object], Message]:
    return {(message.context, message.id): message for message in catalog if message.id}


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What code and templates say, as `make messages` finds it."""
    template = tmp_path_factory.mktemp("messages") / "newsletter.pot"
    extract = ["--mapping-file", str(LOCALES / "babel.toml"), "--keywords", "N_", "--output-file", str(template)]
    folders = [str(ROOT / "newsletter"), str(ROOT / "templates")]
    CommandLineInterface().run(["pybabel", "--quiet", "extract", *extract, *folders])
    with template.open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_every_sentence_and_no_other(extracted: Catalog, language: str) -> None:
    catalog = catalogue(language)
    assert set(sentences(catalog)) == set(sentences(extracted)), "Run `make messages`, and translate what is new"
    assert not catalog.obsolete, "sentences that nothing says any more: delete what begins with #~"


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated_and_none_is_doubtful(language: str) -> None:
    catalog = catalogue(language)
    for message in sentences(catalog).values():
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert not message.fuzzy, message.id
        assert all(forms), message.id
        assert len(forms) == (catalog.num_plurals if message.pluralizable else 1), message.id


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_placeholders_of_its_sentence(language: str) -> None:
    for message in sentences(catalogue(language)).values():
        wanted = placeholders(message.id if isinstance(message.id, str) else message.id[1])
        if isinstance(message.string, str):
            assert placeholders(message.string) == wanted, message.id
            continue
        assert placeholders(message.string[-1]) == wanted, message.id  # "one comment" needs no number
        assert all(placeholders(form) <= wanted for form in message.string), message.id


def test_every_sentence_in_code_is_extracted(extracted: Catalog) -> None:
    """Babel reads tokens: it does not see into f-strings, and leaves out what is no literal."""
    known = {text for message in extracted for text in (message.id if isinstance(message.id, tuple) else [message.id])}
    for path in sorted((ROOT / "newsletter").rglob("*.py")):
        if path.is_relative_to(LOCALES):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            literals = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            if name in CALLS and literals:
                texts = [value for value in literals if isinstance(value, str)][-2 if name[0] == "n" else -1 :]
                assert texts, f"{path}:{node.lineno}"
                assert set(texts) <= known, f"{path}:{node.lineno}"


@pytest.fixture
def po(tmp_path: Path) -> Path:
    path = tmp_path / "de" / "LC_MESSAGES" / "newsletter.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid "Feed"\nmsgstr "Futter"\n\n#, fuzzy\nmsgid "Back"\nmsgstr "Rücken"\n', encoding="utf-8")
    return path


def test_a_catalogue_is_compiled_at_first_use_and_kept(po: Path) -> None:
    compiled = compiled_file(po)
    assert b"Futter" in compiled
    assert "Rücken".encode() not in compiled
    mo = po.with_suffix(".mo")
    assert mo.read_bytes() == compiled
    before = mo.stat().st_mtime_ns
    assert compiled_file(po) == compiled
    assert mo.stat().st_mtime_ns == before


def test_a_changed_catalogue_is_compiled_again_whatever_the_clocks_say(po: Path) -> None:
    compiled_file(po)
    po.write_text('msgid "Feed"\nmsgstr "Neu"\n', encoding="utf-8")
    assert b"Neu" in compiled_file(po)
    po.with_suffix(".mo").write_bytes(b"damaged")
    assert b"Neu" in compiled_file(po)


def test_a_folder_that_cannot_be_written_to_is_no_hindrance(po: Path) -> None:
    (po.parent / "newsletter.mo").mkdir()  # as root, permissions would not stop us
    assert b"Futter" in compiled_file(po)
    assert {path.name for path in po.parent.iterdir()} == {"newsletter.po", "newsletter.mo"}


def test_many_at_once_get_the_same_and_leave_nothing_behind(po: Path) -> None:
    results: list[bytes] = []
    threads = [Thread(target=lambda: results.append(compiled_file(po))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(results)) == 1
    assert {path.name for path in po.parent.iterdir()} == {"newsletter.po", "newsletter.mo"}
