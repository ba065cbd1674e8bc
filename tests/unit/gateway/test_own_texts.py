from pathlib import Path

import pytest

from gateway.app.own_texts import check_own_texts
from gateway.core.errors import ConfigError

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
"""Four lines."""


def refused(folder: Path, text: str, name: str = "es.po") -> str:
    (folder / name).write_text(HEADER + text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        check_own_texts(folder)
    return str(caught.value).replace(f"{folder}/", "")


def test_own_texts_that_can_be_shown_are_taken(tmp_path: Path) -> None:
    texts = (
        'msgid "How can we help you?"\nmsgstr "¿Qué necesita?"\n\n'
        'msgid "Your request {reference}"\nmsgstr "Expediente {reference}"\n\n'
        'msgid "Thank you for calling. Goodbye."\nmsgstr "Adiós."\n\n'
        'msgid "If you want to add something, simply reply to this mail."\nmsgstr "Conteste a este correo."\n\n'
        'msgid "There is nothing at this address."\nmsgstr ""\n'
    )
    for name in ("es.po", "en.po"):
        (tmp_path / name).write_text(HEADER + texts, encoding="utf-8")
    check_own_texts(tmp_path)


def test_a_mail_layout_that_cannot_be_filled_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "answer.txt").write_text("{{ organisation }\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mail/answer\.txt:1: unexpected '}'"):
        check_own_texts(tmp_path)


def test_an_empty_folder_changes_nothing(tmp_path: Path) -> None:
    check_own_texts(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'msgid "How can we help yuo?"\nmsgstr "x"\n',
            "es.po:5: there is no such text: “How can we help yuo?”; did you mean “How can we help you?”?",
        ),
        (
            'msgid "Send"\nmsgstr "Mandar"\n\nmsgid "Your request {reference}"\nmsgstr "Expediente {referencia}"\n',
            "es.po:8: “Expediente {referencia}” must have the placeholders of its original: {reference}",
        ),
        (
            'msgid "Send"\nmsgstr "Mandar {all}"\n',
            "es.po:5: “Mandar {all}” must have the placeholders of its original: none",
        ),
        (
            'msgid "Your request {reference}"\nmsgstr "{reference} {0.__class__}"\n',
            "es.po:5: “{reference} {0.__class__}” has a brace that stands for nothing",
        ),
        ('msgid "Send"\nmsgstr unquoted\n', "es.po:6: this line is none of a gettext catalogue's"),
    ],
)
def test_a_text_that_can_not_be_shown_is_refused_at_its_line(text: str, words: str, tmp_path: Path) -> None:
    assert words in refused(tmp_path, text)


def test_a_language_that_is_not_offered_is_refused(tmp_path: Path) -> None:
    assert "fr.po: no texts are shown in this language; allowed: en.po, es.po" in refused(tmp_path, "", "fr.po")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "es.po").write_bytes(b'msgid "\xff"\nmsgstr ""\n')
    with pytest.raises(ConfigError, match=r"es\.po"):
        check_own_texts(tmp_path)
