"""Which ticket a mail continues: the claims that it makes, and what each of them is worth."""

from dataclasses import replace
from itertools import product

import pytest

from channels.email.authentication import Authenticated, Authentication, NotAuthenticated, Why
from channels.email.mail import Mail
from channels.email.threading.addresses import ReplyAddresses
from channels.email.threading.claims import Claim, Claims, Strategy
from channels.email.threading.decision import RULES, Decision, Known, Needs, Side, decide, sole_sender
from channels.email.threading.message_ids import OwnMessageIds
from channels.email.threading.tokens import REQUESTER, Party, Purpose, ThreadTokens
from channels.references import references_in
from gateway.core.reference import check_digit, show_reference
from tests.support.mails import mail

_ACME = Party("acme")
_NORTE = Party("norte")
_TOKENS = ThreadTokens(b"k" * 32, ["acme", "norte"])
_ADDRESSES = ReplyAddresses("help+{token}@example.org")
_IDS = OwnMessageIds(_TOKENS, "example.org")
_CLAIMS = Claims(_TOKENS, _ADDRESSES, _IDS)
_PASSED = Authenticated("example.org", "dmarc")
_UNKNOWN = NotAuthenticated(Why.NO_RESULTS)
_DISOWNED = NotAuthenticated(Why.FAILED)


def _reference(nine: int) -> str:
    return f"{nine:09d}" + check_digit(f"{nine:09d}")


_ONE = _reference(482915736)
_TWO = _reference(123456789)
_TICKET = Known(
    "t1",
    {REQUESTER: {"ana@example.org"}, _ACME: {"desk@acme.example", "@agents.acme.example"}, _NORTE: {"d@norte.example"}},
)


def _address(reference: str, party: Party = REQUESTER) -> str:
    return _ADDRESSES.address(_TOKENS.make(Purpose.ADDRESS, reference, party))


def _decide(claim: Claim, sender: str, authentication: Authentication, sent: Mail | None = None) -> Decision:
    return decide(sent or mail(sender=sender), [claim], {claim: _TICKET}, authentication).decision


# claims


@pytest.mark.parametrize("field", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_the_token_is_found_wherever_the_address_shows(field: str) -> None:
    assert _CLAIMS.of(mail((field, _address(_ONE)))) == (Claim(Strategy.ADDRESS, _ONE),)


def test_the_envelope_shows_it_too() -> None:
    assert _CLAIMS.of(mail(), [_address(_ONE, _ACME).upper()]) == (Claim(Strategy.ADDRESS, _ONE, _ACME),)


def test_claims_come_strongest_first_and_newest_first() -> None:
    sent = mail(
        ("Subject", f"Re: [{show_reference(_TWO)}] Hola"),
        ("To", _address(_ONE)),
        ("References", f"{_IDS.make(_ONE, '1')} <x@y.example> {_IDS.make(_TWO, '2')}"),
    )
    number = Claim(Strategy.DESK_NUMBER, "77", _ACME)
    assert _CLAIMS.of(sent, desk_number=number) == (
        Claim(Strategy.ADDRESS, _ONE),
        Claim(Strategy.MESSAGE_ID, _TWO),
        Claim(Strategy.MESSAGE_ID, _ONE),
        number,
        Claim(Strategy.SUBJECT, _TWO),
        Claim(Strategy.OWN_THREAD, "<x@y.example>"),
    )
    assert _CLAIMS.of(mail(("Subject", _ONE)), desks=["acme"]) == (
        Claim(Strategy.SUBJECT, _ONE),
        Claim(Strategy.SUBJECT, _ONE, _ACME),
    )


def test_a_mail_with_very_many_claims_is_looked_into_only_so_far() -> None:
    subject = " ".join(f"[{_reference(at)}]" for at in range(100, 160))
    assert len(_CLAIMS.of(mail(("Subject", subject)))) == 10
    answered = " ".join(f"<{number}@y.example>" for number in range(100))
    assert [claim.key for claim in _CLAIMS.of(mail(("References", answered)))] == [
        f"<{number}@y.example>" for number in (99, 98, 97, 96, 95)
    ]


def test_a_mail_to_very_many_addresses_is_looked_at_only_so_far() -> None:
    many = ", ".join(f"a{number}@example.org" for number in range(50))
    assert _CLAIMS.of(mail(("To", f"{many}, {_address(_ONE)}"))) == ()
    assert _CLAIMS.of(mail(("To", many)), [_address(_ONE)]) == (Claim(Strategy.ADDRESS, _ONE),)
    older = " ".join([_IDS.make(_ONE, "1"), *(f"<{number}@y.example>" for number in range(50))])
    assert {claim.strategy for claim in _CLAIMS.of(mail(("References", older)))} == {Strategy.OWN_THREAD}


def test_t06_forged_references_claim_nothing() -> None:
    forged = _IDS.make(_ONE, "1").replace("<r.", "<r.a", 1)
    sent = mail(("In-Reply-To", forged), ("References", "<1@example.org> <r.x.y@example.org>"))
    assert {claim.strategy for claim in _CLAIMS.of(sent)} == {Strategy.OWN_THREAD}


def test_t22_a_field_of_ours_from_outside_claims_nothing() -> None:
    assert _CLAIMS.of(mail(("X-Relevo-Ticket", _ONE), ("X-Ticket", "t1"))) == ()


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        (f"Re: [{show_reference(_ONE)}] Impresora", [_ONE]),
        (f"RV: {show_reference(_ONE)}", [_ONE]),
        (f"#{_ONE}", [_ONE]),
        (f"{show_reference(_ONE).replace('-', ' ')}!", [_ONE]),
        (f"{show_reference(_TWO)} [{_ONE}]", [_ONE, _TWO]),
        (f"{_ONE} {_ONE}", [_ONE]),
        (f"{show_reference(_ONE)}.", [_ONE]),
        (f"1{_ONE}", []),
        (f"{_ONE}1", []),
        (f"+34{_ONE}", []),
        (f"{show_reference(_ONE)}-1", []),
        (f"a{_ONE}", []),
        (_ONE[:-1] + str((int(_ONE[-1]) + 1) % 10), []),
        ("٤٨٢٩١٥٧٣٦٠", []),
        ("", []),
    ],
    ids=range(15),
)
def test_references_in_subjects(subject: str, found: list[str]) -> None:
    assert references_in(subject) == found


# what each is worth: the table, tried out whole

_SENDERS = {
    "ana@example.org": REQUESTER,
    "desk@acme.example": _ACME,
    "d@norte.example": _NORTE,
    "eve@evil.example": None,
}
_AUTHENTICATIONS: tuple[Authentication, ...] = (_PASSED, _UNKNOWN, _DISOWNED)
_CLAIMED = [Claim(strategy, "k", party) for strategy, party in product(Strategy, (REQUESTER, _ACME, _NORTE))]


@pytest.mark.parametrize("claim", _CLAIMED, ids=lambda claim: f"{claim.strategy}_{claim.party.desk or 'requester'}")
def test_every_claim_by_everybody(claim: Claim) -> None:
    side = Side.DESK if claim.party.desk else Side.REQUESTER
    rule = next((rule for rule in RULES if (rule.strategy, rule.side) == (claim.strategy, side)), None)
    for sender, authentication in product(_SENDERS, _AUTHENTICATIONS):
        for opened in (True, False):
            satisfied = rule is not None and _satisfied(rule.needs, authentication, opened=opened)
            expected = Decision.CONTINUES if satisfied and _SENDERS[sender] == claim.party else Decision.NEW
            known = replace(_TICKET, opened_authenticated=opened)
            found = decide(mail(sender=sender), [claim], {claim: known}, authentication)
            assert found.decision is expected, (sender, authentication, opened)


def _satisfied(needs: Needs, authentication: Authentication, *, opened: bool) -> bool:
    return {
        Needs.NOT_FAILED: authentication is not _DISOWNED,
        Needs.PASSED: authentication is _PASSED,
        Needs.PASSED_FROM_THE_START: authentication is _PASSED and opened,
    }[needs]


def test_the_table_is_closed_where_nothing_proves_anything() -> None:
    by_claim = {(rule.strategy, rule.side): rule.needs for rule in RULES}
    assert by_claim[Strategy.SUBJECT, Side.REQUESTER] is Needs.PASSED_FROM_THE_START
    assert by_claim[Strategy.SUBJECT, Side.DESK] is Needs.PASSED
    assert by_claim[Strategy.OWN_THREAD, Side.REQUESTER] is Needs.PASSED
    assert by_claim[Strategy.DESK_NUMBER, Side.DESK] is Needs.PASSED
    assert (Strategy.OWN_THREAD, Side.DESK) not in by_claim
    assert (Strategy.DESK_NUMBER, Side.REQUESTER) not in by_claim


def test_t05_cc_and_a_spoofed_from_give_no_access() -> None:
    sent = mail(("Subject", f"[{_ONE}]"), ("Cc", "ana@example.org"), sender="ana@example.org")
    (claim,) = _CLAIMS.of(sent)
    thread = decide(sent, [claim], {claim: _TICKET}, _UNKNOWN)
    assert (thread.decision, thread.ticket_id, thread.linked) == (Decision.NEW, None, "t1")
    assert not thread.authenticated


def test_t06_the_token_alone_gives_no_access_to_others() -> None:
    sent = mail(("To", _address(_ONE)), sender="eve@evil.example")
    claims = _CLAIMS.of(sent)
    thread = decide(sent, claims, dict.fromkeys(claims, _TICKET), Authenticated("evil.example", "dmarc"))
    assert (thread.decision, thread.linked, thread.authenticated) == (Decision.NEW, "t1", True)


def test_t07_reply_to_is_nobody_s_identity() -> None:
    sent = mail(
        ("To", _address(_ONE)), ("Reply-To", "ana@example.org"), ("Sender", "ana@example.org"), sender="e@evil.example"
    )
    claims = _CLAIMS.of(sent)
    assert decide(sent, claims, dict.fromkeys(claims, _TICKET), _PASSED).decision is Decision.NEW


def test_t08_a_desk_s_token_never_serves_the_requester_nor_another_desk() -> None:
    sent = mail(("To", _address(_ONE, _ACME)))
    (claim,) = _CLAIMS.of(sent)
    assert _decide(claim, "ana@example.org", _PASSED) is Decision.NEW
    assert _decide(claim, "d@norte.example", _PASSED) is Decision.NEW
    assert _decide(claim, "desk@acme.example", _UNKNOWN) is Decision.CONTINUES


@pytest.mark.parametrize(
    "froms",
    [
        (("From", "ana@example.org"), ("From", "eve@evil.example")),
        (("From", "ana@example.org, eve@evil.example"),),
        (),
    ],
    ids=["two_fields", "two_mailboxes", "none"],
)
def test_t26_an_ambiguous_from_is_nobody(froms: tuple[tuple[str, str], ...]) -> None:
    sent = mail(("To", _address(_ONE)), *froms, sender="")
    claim = Claim(Strategy.ADDRESS, _ONE)
    assert sole_sender(sent) == ""
    assert _decide(claim, "", _PASSED, sent) is Decision.NEW


def test_t26_a_display_name_is_nobody() -> None:
    assert sole_sender(mail(sender='"ana@example.org" <eve@evil.example>')) == "eve@evil.example"


def test_a_domain_may_take_part() -> None:
    claim = Claim(Strategy.ADDRESS, _ONE, _ACME)
    assert _decide(claim, "Luis@Agents.ACME.example", _UNKNOWN) is Decision.CONTINUES
    assert _decide(claim, "luis@evil-agents.acme.example", _UNKNOWN) is Decision.NEW


def test_the_first_claim_that_holds_decides_and_the_first_of_all_is_linked() -> None:
    first, second = Claim(Strategy.ADDRESS, _ONE, _ACME), Claim(Strategy.MESSAGE_ID, _TWO)
    other = Known("t2", {REQUESTER: {"ana@example.org"}})
    known = {first: _TICKET, second: other}
    thread = decide(mail(sender="ana@example.org"), [first, second], known, _UNKNOWN)
    assert (thread.decision, thread.ticket_id, thread.claim) == (Decision.CONTINUES, "t2", second)
    assert thread.proof == "has seen a mail of ours to the requester"
    stranger = decide(mail(sender="eve@evil.example"), [first, second], known, _UNKNOWN)
    assert (stranger.decision, stranger.linked, stranger.claim) == (Decision.NEW, "t1", first)


def test_claims_of_tickets_that_do_not_exist_are_nothing() -> None:
    thread = decide(mail(), [Claim(Strategy.SUBJECT, _ONE)], {}, _PASSED)
    assert (thread.decision, thread.linked, thread.claim) == (Decision.NEW, None, None)
