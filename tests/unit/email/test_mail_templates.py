"""The words of our own mails: whole in both languages, honest, and the organisation's to change."""

from pathlib import Path

import pytest

from channels.email.composing import MailTemplates
from channels.references import references_in
from gateway.core.errors import ConfigError
from gateway.core.reference import check_digit, show_reference

REFERENCE = f"482915736{check_digit('482915736')}"
SHOWN = show_reference(REFERENCE)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["We have your request", "City will answer you"]),
        ("es", ["Hemos recibido su solicitud", "City le responderá"]),
    ],
)
def test_an_acknowledgement_says_what_we_have_who_answers_and_how_to_go_on(language: str, words: list[str]) -> None:
    written = MailTemplates("City").acknowledgement(language, REFERENCE, "Re: RE: AW: printer", "https://x.example/t/1")
    assert written.subject == f"Re: printer [{SHOWN}]"
    for shown in (written.text, written.html):
        for each in (*words, SHOWN, "https://x.example/t/1"):
            assert each in shown
    assert f'<html lang="{language}">' in written.html
    assert "\n-- \n" in written.text


def test_an_answer_shows_its_text_and_nothing_of_it_is_markup() -> None:
    written = MailTemplates("City").answer("en", REFERENCE, "printer", "It is <b>out</b>.\n\n  & so on {{ 7 * 7 }}")
    assert written.text.startswith("It is <b>out</b>.\n\n  & so on {{ 7 * 7 }}\n\nCity\n\n-- \n")
    assert "It is &lt;b&gt;out&lt;/b&gt;.<br>\n<br>\n  &amp; so on {{ 7 * 7 }}<br>" in written.html


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("", f"Re: Your request [{SHOWN}]"),
        ("a\r\nBcc: x@y\0\u2028b", f"Re: a Bcc: x@y b [{SHOWN}]"),
        ("re:re :  RE: a", f"Re: a [{SHOWN}]"),
        ("x" * 1000, f"Re: {'x' * 149}… [{SHOWN}]"),
        (f"Re: a [{SHOWN}]", f"Re: a [{SHOWN}]"),
        ("Re:", f"Re: Your request [{SHOWN}]"),
    ],
    ids=["none", "hostile", "answered", "endless", "with-reference", "nothing"],
)
def test_a_strangers_subject_is_made_fit(subject: str, shown: str) -> None:
    written = MailTemplates("City").acknowledgement("en", REFERENCE, subject)
    assert written.subject == shown
    assert references_in(written.subject) == [REFERENCE]


def test_an_unknown_language_is_answered_in_english() -> None:
    assert "We have your request" in MailTemplates("City").acknowledgement("fr", REFERENCE, "x").text


def test_an_organisations_texts_and_layouts_stand_in_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "es.po").write_text('msgid "Hello,"\nmsgstr "Estimado vecino:"\n', encoding="utf-8")
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "answer.txt").write_text("{{ paragraphs | join(' / ') }} ({{ reference }})")
    templates = MailTemplates("City", tmp_path)
    assert templates.acknowledgement("es", REFERENCE, "x").text.startswith("Estimado vecino:\n\nHemos recibido")
    assert templates.answer("es", REFERENCE, "x", "a\nb").text == f"a / b ({SHOWN})\n"
    assert "<!doctype html>" in templates.answer("es", REFERENCE, "x", "a").html


@pytest.mark.parametrize(
    ("layout", "told"),
    [
        ("a\n{% if %}", r"answer\.txt:2: "),
        ("{{ desk }}", "'desk' is undefined"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{% include '/etc/passwd' %}", "passwd"),
        ("{% include '../es.po' %}", "es.po"),
    ],
)
def test_t29_a_layout_that_cannot_be_filled_or_reaches_further_is_told_at_the_start(
    tmp_path: Path, layout: str, told: str
) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "answer.txt").write_text(layout)
    with pytest.raises(ConfigError, match=told):
        MailTemplates("City", tmp_path)
