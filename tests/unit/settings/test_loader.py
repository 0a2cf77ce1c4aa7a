"""newsletter.toml: read once, refused with line and remedy, and no secret in it."""

import stat
from pathlib import Path

import pytest

from newsletter.errors import SettingsError, UsageError
from newsletter.settings import Settings, find_root, read_or_make_keys, read_settings

SOUND = """\
[publication]
title = "Letters"

[lists.weekly]
title = "Weekly"
from = "Ines Moreau <ines@example.org>"
list_id = "weekly.example.org"
"""


def read(folder: Path, text: str = SOUND, **environment: str) -> Settings:
    (folder / "newsletter.toml").write_text(text, encoding="utf-8")
    return read_settings(folder, environment)


def test_a_short_file_is_enough(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert str(settings.list_named("weekly").sender) == "Ines Moreau <ines@example.org>"
    assert settings.delivery.transport == "outbox"
    assert settings.database_url == f"sqlite:///{tmp_path / 'var' / 'newsletter.db'}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            SOUND + "[delivery]\ntransprot = 'smtp'\n",
            r"newsletter\.toml:9: unknown key 'transprot'\. Did you mean 'transport'",
        ),
        (SOUND.replace("list_id", "listid"), r"newsletter\.toml:7: unknown key 'listid'\. Did you mean 'list_id'"),
        (SOUND.replace('title = "Letters"', ""), r"newsletter\.toml:1: 'title' is missing in \[publication\]"),
        (SOUND + "[delivery]\ntransport = 'pigeon'\n", r"newsletter\.toml:9: delivery\.transport = 'pigeon'"),
        (SOUND.replace("ines@example.org", "ines"), r"newsletter\.toml:6: lists\.weekly\.from"),
        (SOUND.replace("weekly.example.org", "no id"), r"newsletter\.toml:7: lists\.weekly\.list_id"),
        (
            SOUND + "[segments]\nfine = 'has a'\nportugal = 'contry ='\n",
            r"newsletter\.toml:10: segments\.portugal = 'contry =': something is missing at column 9",
        ),
        (
            SOUND + "[segments]\nvip = 'portugl'\nportugal = 'has a'\n",
            r"newsletter\.toml:9: segments\.vip = 'portugl': unknown segment 'portugl' .*Did you mean 'portugal'",
        ),
        (SOUND + "[segments]\n'a b' = 'has a'\n", r"newsletter\.toml:\d: segments\.a b is not a valid segment name"),
        (SOUND + "[segments]\nnumber = 3\n", r"newsletter\.toml:9: segments\.number = 3"),
        (
            SOUND + "[segmens]\na = 'has a'\n",
            r"newsletter\.toml:8: unknown key 'segmens'\. Did you mean 'segments'",
        ),
        (
            SOUND + "[tracking]\nclicks = 'aggregate'\n",
            r"newsletter\.toml:9: tracking\.clicks = 'aggregate': .*Set \[web\] url",
        ),
        (SOUND + "[tracking]\nclicks = 'consented'\n", r"clicks = 'consented': .*Set \[web\] url"),
        (SOUND + "[tracking]\nclicks = 'personal'\n", r"newsletter\.toml:9: tracking\.clicks = 'personal'"),
        (SOUND + "[delivery\n", r"newsletter\.toml:8: not valid TOML"),
        (SOUND + "[delivery]\nin_flight = 0\n", r"newsletter\.toml:9: delivery\.in_flight = 0"),
        (SOUND + "[archive]\nurl = 'example.org'\n", r"newsletter\.toml:9: archive\.url"),
        (SOUND + "[replies]\ndomain = 'a.example'\naddress = 'a@b.example'\n", "either domain or address"),
        ("secret_key = 'x'\n" + SOUND, r"newsletter\.toml:1: 'secret_key' .*NEWSLETTER_SECRET_KEY"),
        ("root = '/'\n" + SOUND, "NEWSLETTER_PUBLICATION"),
    ],
)
def test_a_fault_is_named_with_its_line_and_remedy(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        read(tmp_path, text)


def test_several_faults_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, SOUND + "[delivery]\ntransprot = 'smtp'\nrate = 0\n")
    assert len(str(caught.value).splitlines()) == 2


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "newsletter.toml").write_bytes(b"title = '\xff'")
    with pytest.raises(SettingsError, match=r"newsletter\.toml: cannot be read"):
        read_settings(tmp_path, {})


def test_the_environment_stands_over_the_file_and_its_secrets_are_not_shown(tmp_path: Path) -> None:
    settings = read(
        tmp_path, NEWSLETTER_DATABASE_URL="postgresql://localhost/x", NEWSLETTER_SMTP_PASSWORD="sesame", OTHER="x"
    )
    assert settings.database_url == "postgresql://localhost/x"
    assert settings.smtp_password is not None
    assert settings.smtp_password.get_secret_value() == "sesame"
    assert "sesame" not in repr(settings)


def test_an_unknown_list_is_wrong_use_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean 'weekly'"):
        read(tmp_path).list_named("weakly")


def test_the_publication_is_found_from_below(tmp_path: Path) -> None:
    read(tmp_path)
    below = tmp_path / "issues" / "first"
    below.mkdir(parents=True)
    assert find_root(below) == tmp_path
    with pytest.raises(UsageError, match="newsletter init"):
        find_root(tmp_path.parent)


def test_the_key_is_made_once_and_for_our_eyes_only(tmp_path: Path) -> None:
    settings = read(tmp_path)
    keys = read_or_make_keys(settings)
    assert read_or_make_keys(settings) == keys
    file = tmp_path / "var" / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]


def test_keys_of_the_environment_come_newest_first(tmp_path: Path) -> None:
    settings = read(tmp_path, NEWSLETTER_SECRET_KEY=f"{'n' * 32} {'o' * 32}")
    assert read_or_make_keys(settings) == (b"n" * 32, b"o" * 32)
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("key", ["short", " ", f"{'n' * 32} short"])
def test_a_key_that_is_too_short_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(SettingsError, match="NEWSLETTER_SECRET_KEY: a key must have at least 32"):
        read_or_make_keys(read(tmp_path, NEWSLETTER_SECRET_KEY=key))
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret.key").write_text(key)
    with pytest.raises(SettingsError, match=r"var/secret\.key: a key must have at least 32"):
        read_or_make_keys(read(tmp_path))
