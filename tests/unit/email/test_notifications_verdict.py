"""What servers' words and codes come to: the reason, hard or soft."""

import pytest

from channels.email.notifications.reasons import PERMANENT, Reason, reason_of_reply, reason_of_status, reason_of_subject
from channels.email.notifications.verdict import judge

_TABLE = [
    ("550 5.1.1 <a@example.org>: Recipient address rejected: User unknown in local table", Reason.USER_UNKNOWN),
    ("550-5.1.1 The email account that you tried to reach does not exist.", Reason.USER_UNKNOWN),
    ("550 Requested action not taken: mailbox unavailable", Reason.USER_UNKNOWN),
    ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", Reason.USER_UNKNOWN),
    ("550 5.4.1 [a@example.org]: Recipient address rejected: Access denied", Reason.USER_UNKNOWN),
    ("450 4.1.1 <a@example.org>: User unknown in virtual alias table", Reason.USER_UNKNOWN),
    ("550 5.1.1 El usuario ana no existe", Reason.USER_UNKNOWN),
    ("550 Destinataire inconnu", Reason.USER_UNKNOWN),
    ("550 Empfänger unbekannt", Reason.USER_UNKNOWN),
    ("550 a@example.org Rejected", Reason.USER_UNKNOWN),
    ("553 5.3.0 User unknown", Reason.USER_UNKNOWN),
    (
        "Host or domain name not found. Name service error for name=nowhere.example type=A: Host not found",
        Reason.HOST_UNKNOWN,
    ),
    ("550 5.1.2 Host unknown", Reason.HOST_UNKNOWN),
    ("550 5.1.6 recipient no longer on server: a@example.org", Reason.MOVED),
    ("551 not our customer", Reason.MOVED),
    ("556 5.1.10 Domain does not accept mail (nullMX)", Reason.NO_MAIL),
    ("521", Reason.NO_MAIL),
    ("552 5.2.2 <a@example.org>: Mailbox full", Reason.MAILBOX_FULL),
    ("550 Quota exceeded (mailbox for user is full)", Reason.MAILBOX_FULL),
    ("550 El buzón del destinatario está lleno", Reason.MAILBOX_FULL),
    ("552", Reason.MAILBOX_FULL),
    ("550 5.2.1 The email account that you tried to reach is disabled", Reason.MAILBOX_DISABLED),
    ("550 5.7.1 <a@example.org>: User a@example.org temporary locked", Reason.MAILBOX_DISABLED),
    ("552 5.3.4 Message size exceeds fixed maximum message size", Reason.TOO_BIG),
    ("550 5.7.26 Unauthenticated email from example.org is not accepted due to DMARC policy", Reason.AUTHENTICATION),
    ("550 Bad SPF records for example.org", Reason.AUTHENTICATION),
    ("554 5.7.1 Client host [192.0.2.1] blocked using bl.example.org", Reason.BLOCKED),
    ("553 http://www.spamhaus.org/query/bl?ip=192.0.2.1", Reason.BLOCKED),
    ("550 5.7.1 Fix reverse DNS for 192.0.2.1", Reason.BLOCKED),
    ("550 5.1.8 Domain of sender address a@example.org does not exist", Reason.SENDER),
    ("550 5.1.0 <a@example.org> sender rejected", Reason.SENDER),
    ("554 5.7.1 <a@example.org>: Relay access denied", Reason.RELAYING),
    ("554 5.7.0 Reject, id=1 - SPAM", Reason.SPAM),
    ("550 Virus Detected; Content Rejected", Reason.VIRUS),
    ("550 5.7.1 rejected for policy reasons", Reason.POLICY),
    ("452 4.3.2 Connection rate limit exceeded", Reason.RATE),
    ("554 4.4.7 Message expired: unable to deliver in 840 minutes", Reason.EXPIRED),
    ("connect to mx.example.org[192.0.2.1]:25: Connection timed out", Reason.EXPIRED),
    ("554 5.4.6 Too many hops", Reason.NETWORK),
    ("451 4.3.0 Temporary failure", Reason.SYSTEM),
    ("503 Improper sequence", Reason.PROTOCOL),
    ("550 5.6.0 something", Reason.CONTENT),
    ("550 Nope", Reason.UNKNOWN),
    ("", Reason.UNKNOWN),
]


@pytest.mark.parametrize(("words", "reason"), _TABLE, ids=[f"{at}" for at in range(len(_TABLE))])
def test_words_and_codes_tell_the_reason(words: str, reason: Reason) -> None:
    verdict = judge(words)
    assert verdict.reason is reason
    assert verdict.hard == (reason in PERMANENT)


def test_the_far_servers_own_status_beats_the_field() -> None:
    verdict = judge("550 5.7.1 Access denied", status="5.1.1")
    assert (verdict.status, verdict.reply, verdict.hard) == ("5.7.1", "550", False)


def test_a_status_that_says_nothing_gives_way() -> None:
    assert judge("550 5.0.0 No", status="5.1.1").status == "5.1.1"


def test_an_answer_relayed_after_an_arrow_is_the_answer() -> None:
    words = "550 5.1.351 Remote server returned unknown recipient or mailbox unavailable -> 550 : User unknown"
    verdict = judge(words)
    assert (verdict.reason, verdict.status) == (Reason.FILTERED, "5.1.351")


@pytest.mark.parametrize(
    ("words", "status", "context", "reason"),
    [
        ("550 Unknown user a@example.org", "5.0.0", "", Reason.USER_UNKNOWN),
        ("550 Unknown user a@example.org", "5.0.0", "(in reply to end of DATA command)", Reason.FILTERED),
        ("550 Unknown user a@example.org", "5.0.0", ">>> DATA\n<<< 550 Unknown user a@example.org", Reason.FILTERED),
        (
            "550 Unknown user a@example.org",
            "5.1.1",
            ">>> DATA\n<<< 550 Unknown user a@example.org",
            Reason.USER_UNKNOWN,
        ),
        ("550 : User unknown", "5.0.0", "", Reason.FILTERED),
        ("550 : User unknown", "5.0.0", ">>> RCPT To:<a@example.org>\n<<< 550 : User unknown", Reason.USER_UNKNOWN),
        ("550 <a@example.org> User unknown", "5.7.1", "", Reason.FILTERED),
        ("554 This user doesn't have an account here", "5.0.0", ">>> DATA\n<<< 554 This user", Reason.USER_UNKNOWN),
    ],
    ids=["bare", "data", "transcript", "said_by_status", "names_nobody", "rcpt", "other_status", "explicit"],
)
def test_the_stock_phrase_is_believed_only_about_a_mailbox(
    words: str, status: str, context: str, reason: Reason
) -> None:
    """Some carriers take every recipient and say "unknown user" of a mail that they don't like."""
    assert judge(words, status=status, context=context).reason is reason


def test_an_answer_to_mail_from_is_about_the_sender() -> None:
    said = "SMTP error from remote mail server after MAIL FROM:<us@example.org>:\n550 5.1.7 No such domain example.org"
    assert judge(said).reason is Reason.SENDER


def test_a_name_that_is_not_found_now_may_be_found_tomorrow() -> None:
    assert judge("DNS lookup: NXDOMAIN", status="5.4.4").hard
    assert not judge("DNS lookup: NXDOMAIN", status="4.0.0").hard
    assert judge("450 4.1.1 <a@example.org>: User unknown").hard  # a directory knows


@pytest.mark.parametrize(
    ("words", "reason"),
    [("procmail: no such user", Reason.PROGRAM), ("75: Disk quota exceeded", Reason.MAILBOX_FULL)],
    ids=["program", "quota"],
)
def test_a_local_program_s_words_are_about_itself(words: str, reason: Reason) -> None:
    assert judge(words, status="5.1.1", local=True).reason is reason


@pytest.mark.parametrize(
    ("status", "detail", "subject"),
    [
        ("5.1.1", Reason.USER_UNKNOWN, Reason.UNKNOWN),
        ("4.2.2", Reason.MAILBOX_FULL, Reason.UNKNOWN),
        ("5.3.4", Reason.TOO_BIG, Reason.SYSTEM),
        ("5.4.99", Reason.UNKNOWN, Reason.NETWORK),
        ("5.7.0", Reason.UNKNOWN, Reason.POLICY),
        ("9.1.1", Reason.UNKNOWN, Reason.UNKNOWN),
        ("", Reason.UNKNOWN, Reason.UNKNOWN),
    ],
)
def test_statuses(status: str, detail: Reason, subject: Reason) -> None:
    assert (reason_of_status(status), reason_of_subject(status)) == (detail, subject)


def test_what_is_said_to_people_beats_a_status_that_only_names_the_subject() -> None:
    assert judge("", status="5.5.0", context="mail.local: unknown user: ana@example.org").reason is Reason.USER_UNKNOWN
    assert judge("", status="5.5.0", context="nothing").reason is Reason.PROTOCOL


@pytest.mark.parametrize(
    ("reply", "reason"), [("552", Reason.MAILBOX_FULL), ("550", Reason.UNKNOWN), ("", Reason.UNKNOWN)]
)
def test_replies(reply: str, reason: Reason) -> None:
    assert reason_of_reply(reply) is reason
