from pathlib import Path

import pytest

from config.loader import load
from config.problems import InvalidConfig
from gateway.core.colours import parse_colour
from gateway.core.organisation import LOGO_LIMIT, Organisation, PageLink, recognise_logo
from tests.support.sample_settings import SAMPLE_KINDS

REST = """
channels: {web: {type: web}}
providers: {acme: {type: webhook, url: https://a.example, secret: {env: KEY}}}
policies: [{name: default, providers: [acme], takeover_within: 5s}]
"""
PNG = b"\x89PNG\r\n\x1a\n...."


def loaded(folder: Path, organisation: str) -> Organisation:
    file = folder / "relevo.yaml"
    file.write_text(f"gateway:\n  organisation:\n{organisation}{REST}", encoding="utf-8")
    return load(file, SAMPLE_KINDS, {"KEY": "a secret of sixteen"}).gateway.organisation.organisation()


def refused(folder: Path, organisation: str) -> str:
    with pytest.raises(InvalidConfig) as caught:
        loaded(folder, organisation)
    return str(caught.value)


def test_an_organisation_is_read_with_its_files(tmp_path: Path) -> None:
    (tmp_path / "logo.bin").write_bytes(PNG)
    (tmp_path / "words").mkdir()
    found = loaded(
        tmp_path,
        "    name: Villanueva\n    logo: logo.bin\n    texts: words\n"
        "    timezone: Europe/Madrid\n    languages: [es, en, es]\n"
        '    colours: {brand: "#7A0019", accent_dark: "#ffccd5"}\n    links: [{name: {es: Aviso}, url: https://a.example/p}]\n',
    )
    assert (found.name, str(found.zone), found.languages) == ("Villanueva", "Europe/Madrid", ("es", "en"))
    assert found.texts == tmp_path / "words"
    assert found.logo is not None
    assert (found.logo.media_type, found.logo.content) == ("image/png", PNG)
    assert (found.colours.brand, found.colours.accent) == (parse_colour("#7a0019"), None)
    assert found.links == (PageLink({"es": "Aviso"}, "https://a.example/p"),)


@pytest.mark.parametrize(
    ("organisation", "words"),
    [
        ("    colours: {brand: red}\n", ":3:22: gateway.organisation.colours.brand: a colour is needed"),
        (
            "    colours:\n      brand: #7a0019\n",
            ":4:7: gateway.organisation.colours.brand: a colour is needed, in quotes",
        ),
        (
            '    colours: {accent: "#ffcc00"}\n',
            'its contrast is 1.3, and 4.5 is needed (WCAG 2.2 AA); the nearest that can is "#',
        ),
        ('    colours: {accent_dark: "#000000"}\n', "accent_dark: text of this colour can't be read"),
        ("    logo: nothing.png\n", ":3:11: gateway.organisation.logo: the file can't be read (No such file"),
        ("    logo: relevo.yaml\n", "a picture is needed; allowed: PNG, JPEG, WebP, SVG"),
        ("    texts: nowhere\n", "gateway.organisation.texts: there is no such folder"),
        ("    timezone: Europe/Madird\n", "gateway.organisation.timezone: a time zone of the IANA database is needed"),
        ("    languages: []\n", "gateway.organisation.languages: too few items"),
        ("    languages: [fr]\n", "gateway.organisation.languages[0]: this is not allowed; allowed: 'en' or 'es'"),
        (
            "    links: [{name: x, url: 'javascript:alert(1)'}]\n",
            "gateway.organisation.links[0].url: an address is needed",
        ),
        ("    links: [{name: {fr: x}, url: https://a.example}]\n", "a text, or one for each language, is needed"),
        ("    colour: x\n", "unknown key; did you mean colours?"),
    ],
)
def test_what_can_not_be_shown_is_refused_at_its_place(organisation: str, words: str, tmp_path: Path) -> None:
    assert words in refused(tmp_path, organisation)


def test_the_nearest_colour_that_is_offered_is_taken(tmp_path: Path) -> None:
    nearest = refused(tmp_path, '    colours: {accent: "#ffcc00"}\n').rpartition('"#')[2].rstrip('"')
    assert loaded(tmp_path, f'    colours: {{accent: "#{nearest}"}}\n').colours.accent == parse_colour(f"#{nearest}")


def test_a_logo_may_not_be_too_large(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG + bytes(LOGO_LIMIT))
    assert "the picture is too large; at most 256 KiB" in refused(tmp_path, "    logo: logo.png\n")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"<svg/>", "image/svg+xml"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<svg/>', "image/svg+xml"),
    ],
)
def test_a_logo_is_known_by_its_content(content: bytes, media_type: str) -> None:
    assert recognise_logo(content).media_type == media_type
    assert recognise_logo(content).file_name != recognise_logo(content + b" ").file_name


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<html><svg/></html>", b"<?xml version='1.0'?><html/>", b"MZ"])
def test_anything_else_is_no_logo(content: bytes) -> None:
    with pytest.raises(ValueError, match="a picture is needed"):
        recognise_logo(content)
