"""What is new in a reply, in the ways of mail programs and the languages of our users."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.parsing.quoting import split_text
from tests.support.examples import examples

ATTRIBUTIONS = [
    "On Mon, 3 Mar 2025 at 10:00, Ana <ana@example.org> wrote:",
    "El lun, 3 mar 2025 a las 10:00, Ana (<ana@example.org>) escribió:",
    "Le lun. 3 mars 2025 à 10:00, Ana <ana@example.org> a écrit :",
    "Am Mo., 3. März 2025 um 10:00 Uhr schrieb Ana <ana@example.org>:",
    "Em seg., 3 de mar. de 2025 às 10:00, Ana <ana@example.org> escreveu:",
    "Il giorno lun 3 mar 2025 alle ore 10:00 Ana <ana@example.org> ha scritto:",
    "On Mon, 3 Mar 2025 at 10:00, somebody with a very long name\n<somebody@example.org> wrote:",
]
HISTORIES = [
    "-----Original Message-----\nFrom: Ana\nold",
    "-----Mensaje original-----\nold",
    "-----Message d'origine-----\nold",
    "-----Ursprüngliche Nachricht-----\nold",
    "-----Mensagem original-----\nold",
    "-----Messaggio originale-----\nold",
    "________________________________\nFrom: Ana <ana@example.org>\nSent: Monday\nTo: Bob\nSubject: Re: x\n\nold",
    "De: Ana <ana@example.org>\nEnviado el: lunes\nPara: Bob\nAsunto: RE: x\n\nold",
    "De : Ana <ana@example.org>\nEnvoyé : lundi\nÀ : Bob\nObjet : RE: x\n\nold",
    "Von: Ana <ana@example.org>\nGesendet: Montag\nAn: Bob\nBetreff: AW: x\n\nold",
    "Da: Ana <ana@example.org>\nInviato: lunedì\nA: Bob\nOggetto: R: x\n\nold",
]
FORWARDS = [
    "---------- Forwarded message ---------",
    "---------- Mensaje reenviado ----------",
    "Begin forwarded message:",
    "-------- Message transféré --------",
    "-------- Weitergeleitete Nachricht --------",
    "---------- Messaggio inoltrato ----------",
    "---------- Mensagem encaminhada ---------",
]
LANGUAGES = ["en", "es", "fr", "de", "pt", "it"]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS, ids=[*LANGUAGES, "en-broken"])
def test_an_attribution_goes_with_its_quote(attribution: str) -> None:
    split = split_text(f"new\n\n{attribution}\n\n> old\n> older\n\nmore")
    assert split.reply.split() == ["new", "more"]
    assert split.quoted.startswith(attribution.split("\n")[0])
    unmarked = split_text(f"new\n\n{attribution}\n\nold\nolder")
    assert unmarked.reply.strip() == "new"


@pytest.mark.parametrize("history", HISTORIES, ids=[f"way-{number}" for number in range(len(HISTORIES))])
def test_an_earlier_mail_below_is_quoted(history: str) -> None:
    split = split_text(f"new\n\n{history}")
    assert (split.reply, split.quoted.endswith("old")) == ("new\n".strip(), True)


@pytest.mark.parametrize("marker", FORWARDS, ids=["en", "es", "apple", "fr", "de", "it", "pt"])
def test_what_is_forwarded_is_new(marker: str) -> None:
    text = f"see below\n\n{marker}\nFrom: Ana\nSent: Monday\nSubject: x\n\n> words\nmore words"
    assert split_text(text).reply == text


@pytest.mark.parametrize("subject", ["Fwd: x", "RV: x", "WG: x", "TR: x", "[list] FW: x"])
def test_a_subject_that_forwards_keeps_everything(subject: str) -> None:
    text = "see\n\nFrom: Ana\nSent: Monday\nTo: Bob\nSubject: x\n\nwords"
    assert split_text(text, subject).reply == text


def test_answers_between_quotes_are_all_new() -> None:
    split = split_text("> one?\nyes\n> two?\nno\n")
    assert (split.reply, split.quoted) == ("yes\nno", "> one?\n> two?")


@pytest.mark.parametrize(
    "signature",
    ["-- \nAna\nDesk", "--\nAna", "Sent from my iPhone", "Enviado desde mi iPhone", "Von meinem iPhone gesendet"],
)
def test_signatures_are_kept_apart(signature: str) -> None:
    split = split_text(f"words\n\n{signature}")
    assert (split.reply, split.signature) == ("words", signature)


@pytest.mark.parametrize("text", ["> only quoted", "-- \nonly signed", "-----Original Message-----\nold", "", "  \n"])
def test_where_nothing_is_new_everything_is(text: str) -> None:
    assert split_text(text).reply == text


@pytest.mark.parametrize(
    "text",
    ["From: here on it fails", "On Monday it broke", "The wall:\n----\nfell", "a -- b", "El jefe escribió: nada nuevo"],
)
def test_ordinary_words_are_no_markers(text: str) -> None:
    assert split_text(f"words\n{text}\nmore words").reply == f"words\n{text}\nmore words"


LINES = st.lists(
    st.sampled_from(
        ["new", "> old", "-- ", "", "On Mon, Ana wrote:", "-----Original Message-----", "From: a", "Sent: b"]
    )
)


@examples(40)
@given(LINES)
def test_no_line_is_lost(lines: list[str]) -> None:
    split = split_text("\n".join(lines))
    together = f"{split.reply}\n{split.quoted}\n{split.signature}".split()
    assert sorted(together) == sorted(" ".join(lines).split())
