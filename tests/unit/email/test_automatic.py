"""What is taken for automatic, and what follows: may it open a ticket, may it be answered."""

import pytest

from channels.email.automatic import LIKELY, SIGNS, SURE, WEAK, Circumstances, Kind, weigh
from channels.email.mail import Mail, Part
from tests.support.mails import mail

_NOTHING = Circumstances()


def _with(media_type: str, content: bytes = b"") -> Mail:
    return mail(root=Part("multipart/mixed", parts=(Part("text/plain"), Part(media_type, content=content))))


_SILENCED: list[tuple[str, Mail, Circumstances, Kind, bool]] = [
    ("own_message_id", mail(), Circumstances(own=True), Kind.OWN, False),
    ("delivery_notification", mail(), Circumstances(notification=True), Kind.NOTIFICATION, False),
    ("disposition_part", _with("message/disposition-notification"), _NOTHING, Kind.RECEIPT, False),
    ("feedback_part", _with("message/feedback-report"), _NOTHING, Kind.COMPLAINT, True),
    ("calendar_answer", _with("text/calendar", b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n"), _NOTHING, Kind.CALENDAR, True),
    ("auto_replied", mail(("Auto-Submitted", "auto-replied; owner-email=x")), _NOTHING, Kind.AUTO_REPLIED, True),
    ("auto_replied", mail(("Auto-Submitted", "Auto-Replied (vacation)")), _NOTHING, Kind.AUTO_REPLIED, True),
    ("auto_generated", mail(("Auto-Submitted", "auto-generated")), _NOTHING, Kind.AUTO_GENERATED, True),
    ("auto_generated", mail(("Auto-Submitted", "yes")), _NOTHING, Kind.AUTO_GENERATED, True),
    ("autoreply_field", mail(("X-Autoreply", "yes")), _NOTHING, Kind.AUTO_REPLIED, True),
    ("precedence_reply", mail(("Precedence", "auto_reply")), _NOTHING, Kind.AUTO_REPLIED, True),
    ("inbox_rule", mail(("X-MS-Exchange-Inbox-Rules-Loop", "a@b.example")), _NOTHING, Kind.FORWARDED, True),
    ("list_field", mail(("List-Id", "<talk.example.org>")), _NOTHING, Kind.LIST, True),
    ("precedence_list", mail(("Precedence", "list")), _NOTHING, Kind.LIST, True),
    ("list_envelope", mail(), Circumstances(envelope_sender="talk-bounces+ana=b.example@c.example"), Kind.LIST, True),
    ("list_envelope", mail(("Return-Path", "<owner-talk@c.example>")), _NOTHING, Kind.LIST, True),
    ("precedence_bulk", mail(("Precedence", "Bulk")), _NOTHING, Kind.BULK, True),
    ("responses_suppressed", mail(("X-Auto-Response-Suppress", "DR, OOF")), _NOTHING, Kind.AUTO_GENERATED, True),
    (
        "loop_field",
        mail(("X-Loop", "<Help@Example.org>")),
        Circumstances(own_addresses=frozenset({"help@example.org"})),
        Kind.AUTO_GENERATED,
        True,
    ),
    ("robot_address", mail(sender="no-reply@example.org"), _NOTHING, Kind.AUTO_GENERATED, True),
    ("null_sender", mail(("Return-Path", "<>")), _NOTHING, Kind.NULL_SENDER, True),
    ("null_sender", mail(), Circumstances(envelope_sender=""), Kind.NULL_SENDER, True),
]


@pytest.mark.parametrize(
    ("sign", "sent", "known", "kind", "may_open"),
    _SILENCED,
    ids=[f"{at}_{case[0]}" for at, case in enumerate(_SILENCED)],
)
def test_one_sure_sign_silences_us(sign: str, sent: Mail, known: Circumstances, kind: Kind, may_open: bool) -> None:
    outcome = weigh(sent, known)
    assert sign in outcome.signs
    assert (outcome.kind, outcome.may_open, outcome.may_answer) == (kind, may_open, False)


def test_every_sure_sign_is_tried_above() -> None:
    assert {sign.name for sign in SIGNS if sign.weight >= SURE} == {case[0] for case in _SILENCED}


_PERSONS = {
    "plain": mail(("Subject", "La impresora no va")),
    "auto_submitted_no": mail(("Auto-Submitted", "no")),
    "precedence_normal": mail(("Precedence", "first-class")),
    "subject_alone": mail(("Subject", "Out of office reply doesn't work")),
    "unsubscribe_footer": mail(("List-Unsubscribe", "<mailto:x@y.example>")),
    "through_a_sending_service": mail(("Feedback-ID", "1:2:3")),
    "postmaster_himself": mail(sender="postmaster@example.org"),
    "receipts_suppressed": mail(("X-Auto-Response-Suppress", "DR, RN")),
    "foreign_loop": mail(("X-Loop", "other@example.org")),
    "invitation": _with("text/calendar", b"METHOD:REQUEST\r\n"),
    "bounced_by_ana": mail(("Return-Path", "<ana@example.org>")),
    "nobody": mail(sender=""),
}


@pytest.mark.parametrize("name", _PERSONS)
def test_a_person_s_mail_is_a_ticket_and_answered(name: str) -> None:
    outcome = weigh(_PERSONS[name])
    assert (outcome.kind, outcome.may_open, outcome.may_answer) == (Kind.PERSON, True, True)


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Hola",
        "Respuesta automática: Hola",
        "Fuera de la oficina",
        "Réponse automatique : x",
        "Automatische Antwort: x",
        "Abwesenheitsnotiz",
        "Resposta automática: x",
        "Fuori ufficio",
        "Autosvar: x",
        "不在通知",
    ],
)
def test_subjects_are_weak_signs_that_tip_the_balance(subject: str) -> None:
    assert weigh(mail(("Subject", subject))).may_answer
    outcome = weigh(mail(("Subject", subject), ("List-Unsubscribe", "<https://example.org>")))
    assert not outcome.may_answer
    assert outcome.may_open


def test_likely_signs_add_up() -> None:
    outcome = weigh(mail(("List-Unsubscribe", "<x>"), ("Feedback-ID", "1")))
    assert (outcome.kind, outcome.may_answer, outcome.signs) == (Kind.BULK, False, ("feedback_id", "unsubscribe_field"))


def test_weak_signs_never_decide_alone() -> None:
    assert sum(sign.weight for sign in SIGNS if sign.weight == WEAK) < SURE
    assert WEAK < LIKELY < SURE


def test_t22_no_field_from_outside_keeps_a_mail_from_becoming_a_ticket() -> None:
    control = ("Auto-Submitted", "X-Loop", "Precedence", "List-Id", "X-Autoreply", "X-Auto-Response-Suppress")
    sent = mail(*((name, "help@example.org") for name in control), ("Return-Path", "<>"))
    assert weigh(sent, Circumstances(own_addresses=frozenset({"help@example.org"}))).may_open


def test_a_part_of_a_forwarded_mail_is_no_sign() -> None:
    inner = Part("multipart/report", parts=(Part("message/feedback-report"),))
    assert weigh(mail(root=Part("multipart/mixed", parts=(Part("message/rfc822", parts=(inner,)),)))).may_answer
