"""Everything that people see is in Spanish too: each catalogue, against the code and the templates that use it."""

from pathlib import Path

import pytest

from tests.support.catalogue import ROOT, flaws

SOURCES = {
    "channels/email/composing": ["channels/email/composing/*.py"],
    "channels/email/incoming": ["channels/email/incoming/*.py"],
    "channels/phone": ["channels/phone/*.py", "channels/phone/calling_back/*.py"],
    "channels/phone/messaging": ["channels/phone/messaging/*.py"],
    "channels/web": ["channels/web/*.py", "channels/web/templates/*.html"],
    "gateway/alarms": ["gateway/alarms/*.py"],
    "gateway/cli": [
        "gateway/cli/**/*.py",
        "gateway/client.py",
        "gateway/core/bound.py",
        "gateway/demo/*.py",
        "routing/**/*.py",
        "channels/phone/promise/*.py",
    ],
    "gateway/demo/caller": ["gateway/demo/caller/*.py"],
    "gateway/demo/desk": ["gateway/demo/desk/*.py", "gateway/demo/desk/templates/*.html"],
    "gateway/demo/postbox": ["gateway/demo/postbox/*.py", "gateway/demo/postbox/templates/*.html"],
    "gateway/listener": ["gateway/listener/*.py", "gateway/core/problems.py"],
}
"""Whose texts each catalogue holds."""


def test_each_catalogue_is_listed_and_there_is_no_other() -> None:
    folders = ("channels", "config", "gateway", "routing")
    found = [path.parent.parent for folder in folders for path in (ROOT / folder).rglob("*.po")]
    assert {str(folder.relative_to(ROOT)) for folder in found} == SOURCES.keys()


@pytest.mark.parametrize("folder", SOURCES)
def test_nothing_is_missing_left_over_doubtful_or_filled_differently(folder: str) -> None:
    assert list(flaws(ROOT / folder / "texts" / "es.po", SOURCES[folder])) == []


def test_flaws_are_found(tmp_path: Path) -> None:
    catalogue = tmp_path / "es.po"
    catalogue.write_text(
        'msgid ""\nmsgstr "Language: es\\n"\n\n'
        'msgid "gone"\nmsgstr ""\n\n'
        '#, fuzzy\nmsgid "Policy {policy} has no provider left"\nmsgstr "La política {nombre}"\n\n'
        '#~ msgid "old"\n#~ msgstr "viejo"\n',
        encoding="utf-8",
    )
    found = list(flaws(catalogue, SOURCES["gateway/alarms"]))
    for flaw in ("not translated: Over: {title}", "not used: gone", "empty: gone", "obsolete: old"):
        assert flaw in found
    for kind in ("doubtful", "other placeholders"):
        assert f"{kind}: Policy {{policy}} has no provider left" in found
