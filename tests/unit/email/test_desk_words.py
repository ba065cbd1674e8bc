"""What of a desk's mail goes on to its requester: the words, and nothing that shows which desk serves."""

from dataclasses import replace
from pathlib import Path

import pytest

from channels.email.desk_words import DeskWords, desk_words
from channels.email.identity import MailIdentity
from channels.email.mail import Mail, Part
from channels.email.reading.reading import ReadFile
from channels.email.threading.tokens import Party
from gateway.core.post import DeskContact
from gateway.core.reference import show_reference
from tests.support.tickets import make_ticket

REFERENCE = make_ticket().reference
IDENTITY = MailIdentity("mail", "help@example.org", None, b"k" * 32, lambda: ["sur"])
SUR = DeskContact("sur", "desk@sur.example", frozenset({"desk@sur.example", "@soporte.example"}), r"\[SUR#(\d+)\]")
DESK = Party("sur")


def read(text: str, *files: ReadFile, html: str = "", signature: str = "", desk: DeskContact = SUR) -> DeskWords:
    mail = Mail((), Part("text/plain"), text=text, reply=text, html=html, signature=signature)
    return desk_words(mail, text, files, desk, IDENTITY, REFERENCE)


def shown(text: str, desk: DeskContact = SUR) -> str:
    return read(text, desk=desk).text


def test_words_without_a_trace_of_the_desk_go_on_as_they_are() -> None:
    text = "Buenos d\u00edas:\n\nreinicie el equipo, o escriba a padron@example.org.\n\nLuz"
    assert shown(text) == text


def test_our_own_tokens_do_not_reach_anybody_else() -> None:
    token, ours = IDENTITY.reply_address(REFERENCE, DESK), IDENTITY.message_id(REFERENCE, "letter1", DESK)
    said = shown(f"Para: <{token.upper()}>, mailto:{token}.\nMessage-ID: {ours}\n[{token}]")
    assert said == "Para: <help@example.org>, help@example.org.\nMessage-ID: <>\n[help@example.org]"


@pytest.mark.parametrize("address", ["desk@sur.example", "Ana.Sur@Soporte.example", "luz@sur.example"])
def test_the_desks_addresses_become_the_constant_one(address: str) -> None:
    assert shown(f"Escriba a {address}, por favor.") == "Escriba a help@example.org, por favor."


def test_a_desk_in_our_own_domain_hides_no_other_address_of_it() -> None:
    house = replace(SUR, address="desk@example.org", senders=frozenset({"desk@example.org"}))
    said = shown("desk@example.org y padron@example.org\n\nhttps://www.example.org/padron", house)
    assert said == "help@example.org y padron@example.org\n\nhttps://www.example.org/padron"


def test_the_desks_number_becomes_our_reference() -> None:
    assert (
        shown("Su solicitud [SUR#77] est\u00e1 resuelta.")
        == f"Su solicitud {show_reference(REFERENCE)} est\u00e1 resuelta."
    )


@pytest.mark.parametrize(
    "footer",
    [
        "https://mesa.sur.example/t/77",
        "----\nVer su ticket: https://mesa.sur.example/t/77\nsur.example",
        "Mesa de ayuda, desk@sur.example\n\n____\nhttp://soporte.example\n",
    ],
)
def test_what_stands_below_and_names_the_desks_domain_is_left_out(footer: str) -> None:
    assert shown(f"Reinicie el equipo.\n\nLuz\n\n{footer}").rstrip() == "Reinicie el equipo.\n\nLuz"


@pytest.mark.parametrize(
    "text",
    [
        "https://mesa.sur.example/descargas",
        "Descargue esto:\nhttps://mesa.sur.example/descargas",
        "Uno.\n\nAbra https://mesa.sur.example\ny pulse Aceptar.",
        "Uno.\n\nhttps://notsur.example, https://sur.example.net",
    ],
)
def test_nothing_is_lost_that_may_be_the_answer(text: str) -> None:
    assert shown(text) == text


def file(name: str, media_type: str, content_id: str = "") -> ReadFile:
    return ReadFile(name, media_type, inline=bool(content_id), content_id=content_id, size=1, path=Path(name))


def test_pictures_of_the_signature_and_mails_within_stay_behind() -> None:
    picture, logo = file("captura.png", "image/png", "a1"), file("logo.png", "image/png", "b2")
    report, mail = file("informe.pdf", "application/pdf"), file("consulta.eml", "message/rfc822")
    html = '<p>Vea:</p><img src="cid:a1"><p>-- </p><p>Luz &amp; Sur</p><img src="cid:b2">'
    read_as = read("Vea:", picture, logo, report, mail, html=html, signature="-- \nLuz & Sur")
    assert read_as.files == (picture, report)


def test_where_no_signature_is_known_every_picture_goes_on() -> None:
    picture = file("captura.png", "image/png", "a1")
    assert read("Vea:", picture, html='<p>Vea:</p><img src="cid:a1">').files == (picture,)
