"""Which events raise an alarm, which clear it, and what is said when."""

from dataclasses import replace

import pytest

from gateway.alarms.notices import AlarmType, Change, Notice
from gateway.alarms.rules import Rules
from gateway.alarms.titles import titles
from gateway.core import events
from gateway.core.delivery import Kind, Quarantined
from gateway.core.events import Event
from gateway.core.handoff import HandoffState
from gateway.core.provider import Takeover
from tests.support.clock import NOW
from tests.support.ops import make_ticket

HANDED_OFF = events.HandoffChanged(
    at=NOW + 9,
    ticket_id="t1",
    reference="r1",
    handoff_id="h",
    provider="acme",
    state=HandoffState.ACCEPTED,
    provider_reference="X1",
    reason=None,
    seconds=9,
    attempt_seconds=0.1,
    first=True,
)
TAKEOVER = Takeover("k1", "default", "acme", "norte", NOW, NOW, NOW, NOW, 2.8, 5.0)


def overdue(number: int, at: float = NOW) -> events.TicketOverdue:
    return events.TicketOverdue(
        at=at, ticket_id=f"t{number}", reference=f"r{number}", policy="default", reason="every provider is down"
    )


def quarantined(kind: Kind = Kind.TICKET, ticket_id: str | None = "t1") -> events.DeliveryQuarantined:
    reference = "r1" if ticket_id else None
    return events.DeliveryQuarantined(
        at=NOW, ticket_id=ticket_id, reference=reference, kind=kind.value, target=None, reason="all refused"
    )


def said(rules: Rules, *observed: Event, now: float = NOW) -> list[tuple[Change, AlarmType, str]]:
    for event in observed:
        rules.observe(event)
    return [(notice.change, notice.alarm, notice.subject) for notice in rules.notices(now)]


PAIRS: list[tuple[AlarmType, str, Event, Event]] = [
    (AlarmType.TICKETS_OVERDUE, "", overdue(1), HANDED_OFF),
    (
        AlarmType.TICKETS_OVERDUE,
        "",
        overdue(1),
        events.HandoffConfirmed(at=NOW, ticket_id="t1", handoff_id="h", provider="acme"),
    ),
    (
        AlarmType.NO_PROVIDER_LEFT,
        "default",
        events.NoProviderLeft(at=NOW, policy="default"),
        events.ProviderAvailableAgain(at=NOW, policy="default", provider="acme"),
    ),
    (
        AlarmType.PROVIDER_DOWN,
        "norte",
        events.ProviderStateChanged(at=NOW, provider="norte", old="suspect", new="down", reason="refused"),
        events.ProviderStateChanged(at=NOW, provider="norte", old="down", new="recovering", reason="probe good"),
    ),
    (
        AlarmType.PROVIDER_MISCONFIGURED,
        "acme",
        events.ProviderMisconfigured(at=NOW, provider="acme", reason="401"),
        HANDED_OFF,
    ),
    (
        AlarmType.PROVIDER_MISCONFIGURED,
        "acme",
        events.ProviderMisconfigured(at=NOW, provider="acme", reason="401"),
        events.ConfigurationReloaded(at=NOW, digest="d"),
    ),
    (
        AlarmType.TAKEOVER,
        "k1",
        events.TakeoverStarted(
            at=NOW, takeover_id="k1", policy="default", from_provider="acme", to_provider="norte", seconds=2
        ),
        events.TakeoverEnded(at=NOW, takeover_id="k1", policy="default", seconds=60, met=True, failed_assumption=None),
    ),
    (
        AlarmType.LEDGER_UNBALANCED,
        "",
        events.LedgerUnbalanced(at=NOW, tickets=1),
        events.LedgerBalanced(at=NOW),
    ),
    (
        AlarmType.QUARANTINE,
        "",
        quarantined(),
        events.DeliveryReleased(at=NOW, ticket_id="t1", reference="r1", kind="ticket"),
    ),
    (
        AlarmType.QUARANTINE,
        "",
        quarantined(),
        events.DeliveryDiscarded(at=NOW, ticket_id="t1", reference="r1", kind="ticket"),
    ),
    (
        AlarmType.ASSUMPTION_BROKEN,
        "loop lag",
        events.AssumptionBroken(at=NOW, assumption="loop lag", measured=0.4, declared=0.25),
        events.AssumptionRestored(at=NOW, assumption="loop lag"),
    ),
    (
        AlarmType.CONFIGURATION_REJECTED,
        "",
        events.ConfigurationRejected(at=NOW, problem="line 3"),
        events.ConfigurationReloaded(at=NOW, digest="d"),
    ),
    (
        AlarmType.REQUESTS_SPOOLED,
        "",
        events.SpoolingStarted(at=NOW, reason="no connection"),
        events.SpoolDrained(at=NOW, requests=3, seconds=2.0),
    ),
    (
        AlarmType.CHANNEL_TROUBLED,
        "mail imap INBOX",
        events.ChannelTroubled(at=NOW, channel="mail", part="imap INBOX", reason="the login was refused"),
        events.ChannelRecovered(at=NOW, channel="mail", part="imap INBOX"),
    ),
]


@pytest.mark.parametrize(("alarm", "subject", "beginning", "end"), PAIRS)
def test_an_alarm_is_said_once_when_it_begins_and_once_when_it_is_over(
    alarm: AlarmType, subject: str, beginning: Event, end: Event
) -> None:
    rules = Rules()
    assert said(rules, beginning, beginning) == [(Change.RAISED, alarm, subject)]
    assert rules.active(alarm) == 1
    assert said(rules, beginning, now=NOW + 1) == []
    assert said(rules, end) == [(Change.CLEARED, alarm, subject)]
    assert rules.active(alarm) == 0
    assert said(rules, end) == []


@pytest.mark.parametrize(("alarm", "subject", "beginning", "end"), PAIRS)
def test_what_begins_and_ends_between_two_looks_is_still_said(
    alarm: AlarmType, subject: str, beginning: Event, end: Event
) -> None:
    assert said(Rules(), beginning, end) == [(Change.RAISED, alarm, subject), (Change.CLEARED, alarm, subject)]


@pytest.mark.parametrize(("alarm", "subject", "beginning", "end"), PAIRS)
def test_every_alarm_has_a_title_in_both_languages(
    alarm: AlarmType, subject: str, beginning: Event, end: Event
) -> None:
    rules = Rules()
    rules.observe(beginning)
    rules.observe(end)
    for notice in rules.notices(NOW):
        title = titles(notice)
        assert set(title) == {"es", "en"}
        assert title["es"] != title["en"]
        assert "{" not in title["es"] + title["en"]
        assert title["en"].startswith("Over: ") == (notice.change is Change.CLEARED)


def test_overdue_tickets_are_one_alarm_that_names_each_once() -> None:
    rules = Rules()
    for number in (1, 2, 3):
        rules.observe(overdue(number))
    (raised,) = rules.notices(NOW)
    assert raised.references == ("r1", "r2", "r3")
    assert raised.details == {"items": 3, "reasons": dict.fromkeys(raised.references, "every provider is down")}

    rules.observe(overdue(4, NOW + 5))
    assert rules.notices(NOW + 59) == []
    (grew,) = rules.notices(NOW + 60)
    assert (grew.change, grew.references, grew.details["items"]) == (Change.GREW, ("r4",), 4)
    assert rules.notices(NOW + 600) == []


def test_a_crowd_is_named_in_parts() -> None:
    rules = Rules()
    for number in range(1200):
        rules.observe(overdue(number))
    counts = [len(notice.references) for at in (0, 60, 120, 180) for notice in rules.notices(NOW + at)]
    assert counts == [500, 500, 200]


def test_overdue_is_over_only_when_the_last_ticket_has_its_place() -> None:
    rules = Rules()
    said(rules, overdue(1), overdue(2))
    assert said(rules, HANDED_OFF) == []
    second = replace(HANDED_OFF, ticket_id="t2", reference="r2", state=HandoffState.PICKED_UP)
    assert said(rules, second) == [(Change.CLEARED, AlarmType.TICKETS_OVERDUE, "")]


def test_a_ticket_that_left_before_it_was_named_is_not_named() -> None:
    rules = Rules()
    rules.observe(overdue(1))
    rules.observe(overdue(2))
    rules.observe(HANDED_OFF)
    (raised,) = rules.notices(NOW)
    assert raised.references == ("r2",)


@pytest.mark.parametrize("kind", [Kind.TICKET, Kind.RESCUE])
def test_quarantine_takes_an_overdue_ticket_over(kind: Kind) -> None:
    rules = Rules()
    said(rules, overdue(1))
    assert said(rules, quarantined(kind)) == [
        (Change.CLEARED, AlarmType.TICKETS_OVERDUE, ""),
        (Change.RAISED, AlarmType.QUARANTINE, ""),
    ]


def test_an_unsuccessful_handoff_clears_nothing() -> None:
    rules = Rules()
    said(rules, overdue(1))
    assert said(rules, replace(HANDED_OFF, state=HandoffState.UNKNOWN)) == []


def test_the_end_of_a_takeover_tells_whether_the_bound_was_met() -> None:
    rules = Rules()
    rules.resume([], [], [TAKEOVER], NOW)
    rules.observe(
        events.TakeoverEnded(
            at=NOW, takeover_id="k1", policy="default", seconds=9, met=False, failed_assumption="loop lag"
        )
    )
    notices = rules.notices(NOW)
    assert [notice.change for notice in notices] == [Change.RAISED, Change.CLEARED]
    assert notices[1].details["met"] is False
    assert notices[1].details["failed_assumption"] == "loop lag"


def test_a_start_finds_what_is_on() -> None:
    rules = Rules()
    item = Quarantined("q", Kind.TICKET, "t9", "r9", None, "all refused", 12, NOW)
    ticket = make_ticket(1, reason="every provider is down")
    rules.resume([ticket], [item], [TAKEOVER], NOW + 60)
    notices: dict[AlarmType, Notice] = {notice.alarm: notice for notice in rules.notices(NOW + 60)}
    assert set(notices) == {AlarmType.TICKETS_OVERDUE, AlarmType.QUARANTINE, AlarmType.TAKEOVER}
    assert notices[AlarmType.TICKETS_OVERDUE].references == (ticket.reference,)
    assert notices[AlarmType.QUARANTINE].references == ("r9",)
    assert said(rules, replace(HANDED_OFF, ticket_id=ticket.id)) == [(Change.CLEARED, AlarmType.TICKETS_OVERDUE, "")]


def test_alarms_of_what_is_no_longer_configured_are_over() -> None:
    rules = Rules()
    said(
        rules,
        events.NoProviderLeft(at=NOW, policy="old"),
        events.NoProviderLeft(at=NOW, policy="default"),
        events.ProviderMisconfigured(at=NOW, provider="gone", reason="404"),
        events.LedgerUnbalanced(at=NOW, tickets=1),
    )
    rules.forget_others({"acme"}, {"default"}, NOW)
    assert said(rules) == [
        (Change.CLEARED, AlarmType.NO_PROVIDER_LEFT, "old"),
        (Change.CLEARED, AlarmType.PROVIDER_MISCONFIGURED, "gone"),
    ]


def test_the_parts_of_a_channel_are_troubles_of_their_own() -> None:
    rules = Rules()
    for part in ("token", "smtp"):
        rules.observe(events.ChannelTroubled(at=NOW, channel="mail", part=part, reason="no"))
    assert rules.active(AlarmType.CHANNEL_TROUBLED) == 2
    said(rules)
    recovered = events.ChannelRecovered(at=NOW, channel="mail", part="token")
    assert said(rules, recovered) == [(Change.CLEARED, AlarmType.CHANNEL_TROUBLED, "mail token")]


def bounced(*, hard: bool = True, at: float = NOW, party: str = "requester") -> events.MessageBounced:
    return events.MessageBounced(
        at=at,
        ticket_id="t1",
        reference="r1",
        channel="mail",
        party=party,
        action="failed" if hard else "delayed",
        status="5.1.1" if hard else "4.4.1",
        hard=hard,
    )


def skipped(number: int) -> events.MailSkipped:
    return events.MailSkipped(at=NOW, channel="mail", place="imap INBOX", key=f"7.{number}", reason="too large")


def test_a_hard_bounce_names_the_ticket_and_is_news_for_a_day() -> None:
    rules = Rules()
    rules.observe(bounced())
    (raised,) = rules.notices(NOW)
    assert (raised.change, raised.alarm, raised.references) == (Change.RAISED, AlarmType.MAIL_BOUNCED, ("r1",))
    assert raised.details == {"items": 1, "reasons": {"r1": "to requester: 5.1.1"}}
    assert said(rules, now=NOW + 86_399) == []
    assert said(rules, now=NOW + 86_400) == [(Change.CLEARED, AlarmType.MAIL_BOUNCED, "")]


def test_a_letter_that_may_not_have_arrived_is_news_too() -> None:
    rules = Rules()
    rules.observe(events.MessageDoubtful(at=NOW, ticket_id="t1", reference="r1", party="sur", reason="sent 3 times"))
    (raised,) = rules.notices(NOW)
    assert (raised.alarm, raised.references) == (AlarmType.MAIL_BOUNCED, ("r1",))
    assert raised.details["reasons"] == {"r1": "to sur: it may not have arrived"}


def test_a_mail_that_is_only_late_is_no_alarm() -> None:
    assert said(Rules(), bounced(hard=False)) == []


def test_an_address_that_refuses_again_is_news_for_another_day() -> None:
    rules = Rules()
    rules.observe(bounced())
    rules.observe(bounced(party="acme"))
    rules.observe(bounced(at=NOW + 50_000))
    said(rules, now=NOW + 50_000)
    said(rules, now=NOW + 86_400)
    rules.observe(bounced(party="norte", at=NOW + 86_500))
    (grew,) = rules.notices(NOW + 86_500)
    assert grew.details["items"] == 2  # acme's is over
    said(rules, now=NOW + 136_400)
    assert rules.active(AlarmType.MAIL_BOUNCED) == 1
    assert said(rules, now=NOW + 172_900) == [(Change.CLEARED, AlarmType.MAIL_BOUNCED, "")]


def test_skipped_mails_are_named_by_their_place() -> None:
    rules = Rules()
    rules.observe(skipped(1))
    rules.observe(skipped(2))
    (raised,) = rules.notices(NOW)
    assert raised.alarm is AlarmType.MAIL_SKIPPED
    assert raised.references == ("mail imap INBOX 7.1", "mail imap INBOX 7.2")


@pytest.mark.parametrize("event", [bounced(), skipped(1)], ids=["bounced", "skipped"])
def test_alarms_about_mail_have_a_title_in_both_languages(event: Event) -> None:
    rules = Rules()
    rules.observe(event)
    (raised,) = rules.notices(NOW)
    assert titles(raised)["es"] != titles(raised)["en"]


@pytest.mark.parametrize(
    ("kind", "alarm"), [(Kind.MAIL, AlarmType.QUARANTINE), (Kind.NOTICE, AlarmType.NOTICE_UNDELIVERED)]
)
def test_what_has_no_ticket_leaves_quarantine_when_a_look_finds_none_of_it(kind: Kind, alarm: AlarmType) -> None:
    rules = Rules()
    said(rules, quarantined(kind, None), quarantined(kind, None))
    assert said(rules, events.DeliveryDiscarded(at=NOW, kind=kind.value)) == []
    rules.not_quarantined(rules.quarantined(), NOW + 1)
    assert said(rules) == [(Change.CLEARED, alarm, "")]


def test_what_came_into_quarantine_during_a_look_stays() -> None:
    rules = Rules()
    said(rules, quarantined(Kind.MAIL, None))
    rules.observe(quarantined(Kind.MAIL, None))
    rules.not_quarantined(rules.quarantined(), NOW + 1)
    assert rules.active(AlarmType.QUARANTINE) == 1
