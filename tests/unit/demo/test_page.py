"""The desk's page says what there is, and nothing that came in becomes markup."""

from gateway.core.reference import check_digit
from gateway.demo.desk.page import render
from gateway.demo.desk.ticket import DeskState, DeskTicket

COUNTS = dict.fromkeys(DeskState, 0)


def ticket(subject: str = "Ayuda", reference: str = "4829157360") -> DeskTicket:
    return DeskTicket("ACME-1", reference, "0123456789abcdef", subject, "es", DeskState.OPEN, received_at=0.0)


def test_t03_what_people_write_is_shown_as_text() -> None:
    html = render("acme", "<b>Acme</b>", "none", [ticket("<script>alert(1)</script>", "<i>x</i>")], COUNTS, "en")
    assert "<script>alert" not in html
    assert "<i>x" not in html
    assert "<b>Acme" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_reference_is_shown_as_people_read_it() -> None:
    reference = "482915736" + check_digit("482915736")
    html = render("acme", "Acme", "none", [ticket(reference=reference)], COUNTS, "en")
    assert f">482-915-736{reference[-1]}<" in html


def test_the_present_fault_is_the_pressed_button() -> None:
    html = render("acme", "Acme", "hang", [], COUNTS, "es")
    (pressed,) = [line for line in html.splitlines() if 'aria-pressed="true"' in line]
    assert 'value="hang"' in pressed
    assert "Se cuelga" in pressed


def test_each_language_links_to_the_other() -> None:
    spanish, english = (render("acme", "Acme", "none", [], COUNTS, language) for language in ("es", "en"))
    assert '<html lang="es">' in spanish
    assert 'href="/?lang=en"' in spanish
    assert '<html lang="en">' in english
    assert 'href="/?lang=es"' in english


def test_there_is_no_inline_script_or_style() -> None:
    html = render("acme", "Acme", "none", [ticket()], COUNTS, "en")
    assert html.count("<script") == html.count('<script src="/static/')
    assert "style=" not in html
    assert "<style" not in html
