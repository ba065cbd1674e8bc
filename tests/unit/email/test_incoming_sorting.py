"""What becomes of a mail: every fate, by who sends it, what it claims, and what is known."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.authentication import Authentication
from channels.email.incoming.clues import Answered, find_clues
from channels.email.incoming.desks import Desks
from channels.email.incoming.sorting import (
    Bounced,
    Continues,
    FromDesk,
    Held,
    Noted,
    Opens,
    answered_by_desk,
)
from channels.email.incoming.tickets import Claimed
from channels.email.mail import Mail
from channels.email.threading.tokens import REQUESTER
from gateway.core.post import DeskContact
from gateway.core.provider import ReportType
from gateway.core.reference import CANARY_REFERENCE, show_reference
from tests.support.incoming import (
    ANA,
    DESKS,
    DISOWNED,
    IDENTITY,
    OF_SUR,
    PASSED,
    SUR,
    UNKNOWN,
    claimed,
    fate,
    message_id,
    reading,
    reply_address,
)
from tests.support.mails import mail

MALLORY = "mallory@evil.example"
AGENT = "eva@agents.sur.example"
ROBOT = ("Auto-Submitted", "auto-replied")
GENERATED = ("Auto-Submitted", "auto-generated")


def _to_token(of: Claimed, *fields: tuple[str, str], sender: str = ANA, desk: str = "", text: str = "x") -> Mail:
    return mail(("To", reply_address(of, desk)), *fields, sender=sender, text=text)


# new tickets


def test_a_mail_that_claims_nothing_opens_a_ticket() -> None:
    assert fate(reading(mail(sender=ANA))) == Opens()


@pytest.mark.parametrize(
    "sender", ["", "a@example.net, b@example.net", "ceo@corp.example <evil@x.example>, c@x.example"]
)
def test_t26_a_mail_of_nobody_in_particular_opens_a_ticket_whatever_it_knows(sender: str) -> None:
    ticket = claimed()
    fields = [("To", reply_address(ticket)), *([("From", sender)] if sender else [])]
    assert fate(reading(mail(*fields, sender="")), ticket) == Opens(ticket.ticket.reference)


@pytest.mark.parametrize(
    ("claim", "authentication"),
    [
        ("address", UNKNOWN),
        ("message id", UNKNOWN),
        ("message id", PASSED),
        ("subject", PASSED),
    ],
)
def test_t05_t06_a_stranger_opens_a_linked_ticket_whatever_they_claim(
    claim: str, authentication: Authentication
) -> None:
    ticket = claimed()
    assert fate(reading(_claiming(claim, ticket, MALLORY), authentication), ticket) == Opens(ticket.ticket.reference)


def _claiming(claim: str, of: Claimed, sender: str) -> Mail:
    fields = {
        "address": ("Cc", reply_address(of)),
        "message id": ("In-Reply-To", message_id(of)),
        "references": ("References", f"<a@b> {message_id(of)} <c@d>"),
        "subject": ("Subject", f"Re: [{show_reference(of.ticket.reference)}] printer"),
    }
    return mail(fields[claim], sender=sender)


@pytest.mark.parametrize("claim", ["address", "message id", "references"])
@pytest.mark.parametrize("authentication", [PASSED, UNKNOWN])
def test_the_requester_continues_a_ticket_by_what_they_were_given(claim: str, authentication: Authentication) -> None:
    ticket = claimed()
    assert fate(reading(_claiming(claim, ticket, ANA.upper()), authentication), ticket) == Continues(ticket)


def test_the_reference_in_the_subject_takes_an_authenticated_requester() -> None:
    ticket = claimed()
    sent = _claiming("subject", ticket, ANA)
    assert fate(reading(sent, PASSED), ticket) == Continues(ticket)
    assert fate(reading(sent, UNKNOWN), ticket) == Opens(ticket.ticket.reference)


@pytest.mark.parametrize("claim", ["address", "message id", "references", "subject"])
def test_a_mail_that_its_domain_disowns_continues_nothing(claim: str) -> None:
    ticket = claimed()
    assert fate(reading(_claiming(claim, ticket, ANA), DISOWNED), ticket) == Opens(ticket.ticket.reference)


def test_t07_reply_to_makes_nobody_the_requester() -> None:
    ticket = claimed()
    sent = mail(("To", reply_address(ticket)), ("Reply-To", ANA), ("Sender", ANA), sender=MALLORY)
    assert fate(reading(sent), ticket) == Opens(ticket.ticket.reference)


def test_a_claim_on_a_ticket_that_there_isn_t_links_to_nothing() -> None:
    assert fate(reading(_to_token(claimed()))) == Opens()


def test_a_requester_without_an_address_has_no_followers() -> None:
    ticket = claimed(requester="")
    assert fate(reading(mail(("To", reply_address(ticket)), sender="")), ticket) == Opens(ticket.ticket.reference)


# automatic mails


@pytest.mark.parametrize("fields", [[ROBOT], [("Precedence", "auto_reply")], [("Return-Path", "<>")]])
def test_t19_an_absence_note_of_the_requester_is_only_noted(fields: list[tuple[str, str]]) -> None:
    ticket = claimed()
    found = fate(reading(_to_token(ticket, *fields)), ticket)
    assert isinstance(found, Noted)
    assert found.claimed == ticket
    assert found.kind in ("auto_replied", "null_sender")


@pytest.mark.parametrize("fields", [[("List-Id", "<l.example>")], [("Precedence", "bulk")], [GENERATED]])
def test_a_mail_that_a_person_may_have_written_is_a_message(fields: list[tuple[str, str]]) -> None:
    ticket = claimed()
    assert fate(reading(_to_token(ticket, *fields)), ticket) == Continues(ticket)


def test_t19_another_mailbox_s_robot_that_answers_our_mail_opens_no_ticket() -> None:
    ticket = claimed()
    assert fate(reading(_to_token(ticket, ROBOT, sender=MALLORY)), ticket) == Noted("auto_replied", ticket)


def test_a_robot_s_mail_about_nothing_of_ours_is_a_ticket() -> None:
    assert fate(reading(mail(ROBOT, sender=ANA))) == Opens()


def test_t19_our_own_mail_come_back_is_only_noted() -> None:
    ticket = claimed()
    sent = mail(("Message-ID", message_id(ticket)), sender="help@example.org")
    assert fate(reading(sent), ticket) == Noted("own", ticket)
    assert fate(reading(sent)) == Noted("own")


# notifications


_STATUS = (
    "This is the mail system.\n\n  I'm sorry to have to inform you that your message could not be delivered.\n\n"
    "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; ana@example.net\nAction: {action}\n"
    "Status: {status}\nDiagnostic-Code: smtp; {code} nobody there\n\n"
    "Message-ID: {message_id}\nFrom: help@example.org\nTo: ana@example.net\nSubject: Re: printer\n"
)


def _bounce(message_id: str, action: str = "failed", status: str = "5.1.1", to: str = "help@example.org") -> Mail:
    text = _STATUS.format(
        message_id=message_id, action=action, status=status, code="550" if status[0] == "5" else "450"
    )
    return mail(("To", to), ("Subject", "Undelivered Mail"), sender="MAILER-DAEMON@mx.example.net", text=text)


def test_a_bounce_is_about_the_mail_that_it_returns() -> None:
    ticket = claimed()
    found = fate(reading(_bounce(message_id(ticket)), envelope=""), ticket)
    assert isinstance(found, Bounced)
    assert (found.claimed, found.party, found.recipients[0].hard) == (ticket, REQUESTER, True)
    letter = fate(reading(_bounce(message_id(ticket, "sur")), envelope=""), ticket)
    assert isinstance(letter, Bounced)
    assert letter.party == OF_SUR


def test_a_bounce_that_returns_nothing_is_about_the_address_that_it_came_to() -> None:
    ticket = claimed()
    found = fate(reading(_bounce("<x@y>"), envelope=""), ticket, recipients=[reply_address(ticket, "sur")])
    assert isinstance(found, Bounced)
    assert (found.claimed, found.party) == (ticket, OF_SUR)


def test_t34_a_bounce_of_nothing_of_ours_annotates_nothing() -> None:
    ticket = claimed()
    forged = f"<r.{'a' * 22}.1@example.org>"
    assert fate(reading(_bounce(forged), envelope=""), ticket) == Noted("notification")
    assert fate(reading(_bounce(message_id(ticket)), envelope="")) == Noted("notification")


def test_what_was_delivered_has_not_bounced() -> None:
    ticket = claimed()
    sent = _bounce(message_id(ticket), action="delivered", status="2.0.0")
    assert fate(reading(sent, envelope=""), ticket) == Noted("notification", ticket)


# desks


def test_a_desk_s_answer_is_its_word_on_its_ticket() -> None:
    ticket = claimed()
    found = fate(reading(_to_token(ticket, sender=AGENT, desk="sur", text="Done.")), ticket)
    assert isinstance(found, FromDesk)
    assert (found.claimed, found.contact) == (ticket, SUR)
    assert found.word.reports == (ReportType.PICKED_UP, ReportType.REPLIED)


def test_a_desk_that_hasn_t_got_the_ticket_has_no_say() -> None:
    ticket = claimed(at="norte")
    assert isinstance(fate(reading(_to_token(ticket, sender=SUR.address, desk="sur")), ticket), Held)


def test_a_desk_has_its_say_whichever_channel_writes_to_it() -> None:
    ticket = claimed(at="norte")
    sent = _to_token(ticket, sender="mesa@norte.example", desk="norte")
    assert isinstance(fate(reading(sent), ticket), FromDesk)


def test_a_desk_s_number_takes_an_authenticated_desk() -> None:
    ticket = claimed(number="77")
    sent = mail(("Subject", "[SUR#77] printer"), sender=AGENT, text="Done.")
    found = fate(reading(sent, PASSED), ticket)
    assert isinstance(found, FromDesk)
    assert found.word.number == "77"
    assert isinstance(fate(reading(sent, UNKNOWN), ticket), Held)
    assert fate(reading(mail(("Subject", "[SUR#77] printer"), sender=ANA), PASSED), ticket) == Opens()


def test_a_desk_s_absence_note_about_its_ticket_is_only_noted() -> None:
    ticket = claimed()
    sent = _to_token(ticket, ROBOT, sender=SUR.address, desk="sur")
    assert fate(reading(sent), ticket) == Noted("desk_automatic", ticket)


@pytest.mark.parametrize(
    ("sender", "fields", "expected"),
    [
        ("desk@sur.example", [], Held("from the desk sur, and about no ticket that it has")),
        ("DESK@sur.example", [], Held("from the desk sur, and about no ticket that it has")),
        ("mesa@norte.example", [], Held("from the desk norte, and about no ticket that it has")),
        ("desk@sur.example", [ROBOT], Noted("desk_automatic")),
        (AGENT, [], Opens()),
        (AGENT, [GENERATED], Noted("desk_automatic")),
        (AGENT, [("Subject", "[SUR#1] new ticket")], Held("from the desk sur, and about no ticket that it has")),
    ],
)
def test_t19_a_desk_that_writes_about_nothing_gets_no_ticket_of_its_own(
    sender: str, fields: list[tuple[str, str]], expected: object
) -> None:
    assert fate(reading(mail(*fields, sender=sender))) == expected


@pytest.mark.parametrize("fields", [[], [ROBOT]])
def test_who_answers_a_letter_from_an_unknown_address_waits_for_a_person(fields: list[tuple[str, str]]) -> None:
    ticket = claimed()
    sent = _to_token(ticket, *fields, sender="noreply@cloud.example", desk="sur")
    assert isinstance(fate(reading(sent), ticket), Held)


def test_a_desk_s_token_serves_no_other_desk_and_no_requester() -> None:
    ticket = claimed()
    for sender in (ANA, "mesa@norte.example"):
        assert isinstance(fate(reading(_to_token(ticket, sender=sender, desk="sur"), PASSED), ticket), Held)


def test_the_canary_s_answer_is_no_ticket() -> None:
    canary = IDENTITY.reply_address(CANARY_REFERENCE, OF_SUR)
    assert fate(reading(mail(("To", canary), sender=SUR.address))) == Noted("canary")
    assert fate(reading(mail(("To", canary), ROBOT, sender=AGENT))) == Noted("canary")
    assert fate(reading(mail(("To", canary), sender=MALLORY))) == Opens()


# letters


def _heard(sent: Mail, authentication: Authentication = UNKNOWN, desks: Desks = DESKS) -> list[Answered]:
    clues = find_clues(sent, None, (), IDENTITY, desks)
    return answered_by_desk(clues, sent.sender[0].address, authentication, desks)


def test_a_letter_is_answered_by_its_own_desk_alone() -> None:
    ticket = claimed()
    reference = ticket.ticket.reference
    fields = [("In-Reply-To", message_id(ticket, "sur", "h2")), ("References", message_id(ticket, "sur", "h1"))]
    assert _heard(mail(*fields, sender=AGENT)) == [Answered("sur", "h2", reference), Answered("sur", "h1", reference)]
    assert _heard(mail(*fields, sender=MALLORY)) == []
    assert _heard(mail(*fields, sender=AGENT), DISOWNED) == []
    assert _heard(mail(("In-Reply-To", message_id(ticket)), sender=AGENT)) == []


def test_a_mail_to_the_address_of_a_letter_answers_what_was_written_about_its_reference() -> None:
    ticket = claimed()
    assert _heard(_to_token(ticket, sender=AGENT, desk="sur")) == [Answered("sur", "", ticket.ticket.reference)]
    assert _heard(_to_token(ticket, sender=MALLORY, desk="sur")) == []


# all of it together


_SENDERS = (ANA, MALLORY, SUR.address, AGENT, "mesa@norte.example", "help@example.org")
_AUTHENTICATIONS = (PASSED, UNKNOWN, DISOWNED)


@pytest.mark.parametrize(("sender", "authentication"), list(product(_SENDERS, _AUTHENTICATIONS)))
def test_only_the_requester_writes_into_a_ticket_and_only_its_desk_reports(
    sender: str, authentication: Authentication
) -> None:
    ticket = claimed(number="77")
    everything = mail(
        ("To", f"{reply_address(ticket)}, {reply_address(ticket, 'sur')}"),
        ("In-Reply-To", message_id(ticket)),
        ("References", message_id(ticket, "sur")),
        ("Subject", f"[{show_reference(ticket.ticket.reference)}] [SUR#77]"),
        sender=sender,
    )
    found = fate(reading(everything, authentication), ticket)
    assert isinstance(found, Continues) == (sender == ANA and authentication != DISOWNED)
    assert isinstance(found, FromDesk) == (sender in (SUR.address, AGENT) and authentication != DISOWNED)


@given(
    sender=st.sampled_from([*_SENDERS, "", f"{ANA}, {MALLORY}"]),
    authentication=st.sampled_from(_AUTHENTICATIONS),
    fields=st.lists(
        st.tuples(
            st.sampled_from(["To", "Cc", "Subject", "In-Reply-To", "References", "Reply-To", "Message-ID", "X-Loop"]),
            st.text(max_size=60),
        ),
        max_size=6,
    ),
    robot=st.booleans(),
)
def test_whatever_is_guessed_proves_nothing(
    sender: str, authentication: Authentication, fields: list[tuple[str, str]], robot: bool
) -> None:
    ticket = claimed(number="77")
    sent = mail(*fields, *([ROBOT] if robot else []), *([("From", sender)] if sender else []), sender="")
    assert not isinstance(fate(reading(sent, authentication), ticket), Continues | FromDesk | Bounced)


def test_desks_that_change_are_known_at_once() -> None:
    new = DeskContact("oeste", "x@oeste.example")
    assert fate(reading(mail(sender="x@oeste.example"))) == Opens()
    assert isinstance(fate(reading(mail(sender="x@oeste.example")), desks=Desks([new])), Held)
