"""Archive: build the static site of issues and approved comments into a folder, or publish it to a bucket."""

from dataclasses import dataclass
from pathlib import Path

from newsletter.app.publication import Publication
from newsletter.archive import Site, SiteChanges, build_site, publish_site, write_site
from newsletter.compose import record_archive_build
from newsletter.errors import ContentError, UsageError
from newsletter.finding import Finding
from newsletter.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveResult:
    """The archive as it was written, and what of it changed."""

    location: str
    """The folder, or the bucket's s3:// URL."""
    front_page: str
    """The file or URL of its front page."""
    issues: int
    changed: int
    unchanged: int
    removed: int
    findings: tuple[Finding, ...]
    """Errors in issues that were left out."""


def build_archive(publication: Publication, folder: Path | None = None) -> ArchiveResult:
    """Build the archive into a folder, var/archive by default; it needs no database and no network.

    It holds every ready issue dated up to now, with its approved comments. UsageError for a folder that holds the
    author's own files, ContentError when no issue can be composed.
    """
    settings = publication.settings
    out = folder or settings.var / "archive"
    _check_folder(out, settings)
    site = _build(publication)
    written = write_site(site.files, out)
    record_archive_build(settings, site.files)
    return _result(site, written, location=str(out), front_page=str(out / "index.html"))


def publish_archive(publication: Publication, *, is_dry_run: bool = False) -> ArchiveResult:
    """Build the archive and upload what changed to the bucket of `[archive] store`; it may be killed and repeated."""
    settings = publication.settings
    site = _build(publication)
    written = publish_site(settings, site.files, is_dry_run=is_dry_run)
    if not is_dry_run:
        record_archive_build(settings, site.files)
    location = f"s3://{settings.archive.bucket}/{settings.archive.prefix}"
    return _result(site, written, location=location, front_page=settings.archive.url or location)


def _build(publication: Publication) -> Site:
    site = build_site(publication.settings, now=publication.now())
    if not site.issues and site.findings:
        raise ContentError(site.findings)
    return site


def _result(site: Site, written: SiteChanges, *, location: str, front_page: str) -> ArchiveResult:
    return ArchiveResult(
        location=location,
        front_page=front_page,
        issues=site.issues,
        changed=len(written.changed),
        unchanged=len(written.unchanged),
        removed=len(written.removed),
        findings=tuple(site.findings),
    )


def _check_folder(out: Path, settings: Settings) -> None:
    """Raise UsageError where the site would mix with the author's own files."""
    folder, root = out.resolve(), settings.root
    own = (settings.issues, settings.templates, root / "subscribers")
    if (
        folder in {root, settings.var.resolve()}
        or root.is_relative_to(folder)
        or any(folder.is_relative_to(each) for each in own)
    ):
        raise UsageError(f"{out} holds your own files. Name another folder, such as --out public")
