"""Catalogues: gettext's .po files, compiled and read. Ours come with the package, an author's stand in the publication.

A wheel carries each .po with its compiled .mo. In a clone the .mo is made at first use and kept beside the .po, which
Git ignores. It ends in the digest of the .po that it was made from, so that neither clocks nor a checkout can leave an
old one in use. Where the folder is read-only, the catalogue is compiled in memory.
"""

import functools
import hashlib
import secrets
import string
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.errors import ContentError
from newsletter.finding import Finding, Level

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message
    from babel.support import NullTranslations, Translations

DOMAIN = "newsletter"
SOURCE_LANGUAGE = "en"
"""The language of the msgids, which has no catalogue."""
FOLDER = Path(__file__).parent


@functools.cache
def packaged_languages() -> tuple[str, ...]:
    """Return the languages that we have, English first, by the names of their folders."""
    return (SOURCE_LANGUAGE, *sorted(path.parents[1].name for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po")))


@functools.cache
def packaged_catalogue(language: str) -> "NullTranslations":
    """Return the catalogue of one of our languages; English has an empty one."""
    from babel.support import NullTranslations, Translations  # takes a while to import

    if language not in packaged_languages()[1:]:
        return NullTranslations()
    return Translations(BytesIO(compiled_file(FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po")), domain=DOMAIN)


def compiled_file(po: Path) -> bytes:
    """Return the .mo of a .po of ours, and keep it beside that if the folder can be written to."""
    source, mo = po.read_bytes(), po.with_suffix(".mo")
    digest = hashlib.sha256(source).digest()
    with suppress(OSError):
        compiled = mo.read_bytes()
        if compiled.endswith(digest):
            return compiled
    compiled = _compiled(_parsed(source, po.parents[1].name)) + digest
    draft = po.with_name(f".{secrets.token_hex(8)}")
    with suppress(OSError):
        try:
            draft.write_bytes(compiled)
            draft.replace(mo)
        finally:
            draft.unlink(missing_ok=True)
    return compiled


def own_catalogue_path(folder: Path, language: str) -> Path | None:
    """Return an author's .po of a language: `de.po`, or `de/LC_MESSAGES/newsletter.po`; None if there is none."""
    paths = (folder / f"{language}.po", folder / language / "LC_MESSAGES" / f"{DOMAIN}.po")
    return next((path for path in paths if path.is_file()), None)


def read_own_catalogue(path: Path, language: str) -> "Translations":
    """Return an author's catalogue; ContentError names the line of a sentence that could not be filled in."""
    from babel.messages.pofile import PoFileError
    from babel.support import Translations

    try:
        catalog = _parsed(path.read_bytes(), language)
    except PoFileError as error:
        raise ContentError(
            [_fault(path, error.lineno + 1, f"this is not a valid line of a .po file: {error.line!r}")]
        ) from error
    except (OSError, ValueError, LookupError) as error:
        raise ContentError([_fault(path, None, f"the catalogue cannot be read: {error}")]) from error
    findings = [finding for message in catalog for finding in _check(path, message)]
    if findings:
        raise ContentError(findings)
    return Translations(BytesIO(_compiled(catalog)), domain=DOMAIN)


def placeholders(text: str) -> frozenset[str]:
    """Return the names in braces, as written; ValueError where a brace is not closed."""
    return frozenset(
        f"{name}{f'!{conversion}' if conversion else ''}{f':{spec}' if spec else ''}"
        for _, name, spec, conversion in string.Formatter().parse(text)
        if name is not None
    )


def _parsed(source: bytes, language: str) -> "Catalog":
    from babel.messages.pofile import read_po

    return read_po(BytesIO(source), locale=language, ignore_obsolete=True, abort_invalid=True)


def _compiled(catalog: "Catalog") -> bytes:
    """Return a catalogue as .mo, without entries that are fuzzy or not translated."""
    from babel.messages.mofile import write_mo

    for message in list(catalog):
        if message.id and isinstance(message.string, (tuple, list)) and not all(message.string):
            catalog.delete(message.id, message.context)
    output = BytesIO()
    write_mo(output, catalog)
    return output.getvalue()


def _check(path: Path, message: "Message") -> Iterator[Finding]:
    """Yield what keeps an author's sentence from being filled in: a placeholder that the English one does not have."""
    if not message.id:
        return
    ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
    strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    known = frozenset[str]().union(*(placeholders(text) for text in ids if _is_well_formed(text)))
    for text in filter(None, strings):
        if not _is_well_formed(text):
            yield _fault(path, message.lineno, f"a brace is not closed in {text[:60]!r}", "Write {{ for a brace")
            continue
        for name in sorted(placeholders(text) - known):
            remedy = f"Known here: {', '.join(f'{{{one}}}' for one in sorted(known))}" if known else "Leave it out"
            yield _fault(path, message.lineno, f"unknown placeholder {{{name}}} in {text[:60]!r}", remedy)


def _is_well_formed(text: str) -> bool:
    try:
        placeholders(text)
    except ValueError:
        return False
    return True


def _fault(path: Path, line: int | None, message: str, remedy: str = "") -> Finding:
    return Finding(
        rule="translation",
        level=Level.ERROR,
        file=f"locales/{path.name}" if path.name != f"{DOMAIN}.po" else f"locales/{'/'.join(path.parts[-3:])}",
        line=line,
        message=message,
        remedy=remedy,
    )
