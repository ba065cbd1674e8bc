"""Desks that answer, and not as one would wish: each has its policy in one gateway, with the same good backup.

Everything is played once, at the same time; what is promised of each is a test of its own over what was seen.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.client import as_instant
from gateway.core.clock import Instant
from gateway.core.ids import new_id
from gateway.demo.accounting import Books
from gateway.demo.desk.ticket import DeskState, DeskTicket
from gateway.demo.traffic import HandIn
from tests.support.eventually import tail
from tests.support.ledger import assert_balanced
from tests.support.rig import Rig

_BUSY, _PICKY, _LOSER, _IDLE, _DROPPER = DESKS = ("busy", "picky", "loser", "idle", "dropper")
_BACKUP = "norte"
_ALONE = "nobody"
"""A backup that isn't there: its port is closed."""
_RETRY_AFTER = 2.0
_PICK_UP_WITHIN = 2.0
_SETTLED_WITHIN = 30.0
_AT_ONCE = 0.2
"""Seconds: around an answer, what was under way already."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of all of them."""

    books: Books
    references: Mapping[str, Sequence[str]]
    """What was handed in for each desk."""
    after: Mapping[str, Sequence[str]]
    """And once the desk was well again."""
    events: Sequence[dict[str, Any]]
    silent_death: float
    """The printed bound, in seconds, from a desk's acceptance to the backup's where nobody picks a ticket up."""
    one_ticket: float
    log: Path

    def about(self, desk: str, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.events if each["type"] == kind and each["data"]["provider"] == desk]

    def at(self, desk: str, references: Sequence[str]) -> list[DeskTicket]:
        """The copies of these tickets that the desk has or had."""
        return [ticket for ticket in self.books.desks[desk] if ticket.reference in references]

    def held(self, references: Sequence[str]) -> list[str]:
        """At which desks these tickets are, one name for each copy."""
        found = ((name, each) for name, desk in self.books.desks.items() for each in desk if each.held)
        return [name for name, each in found if each.reference in references]


def _one_policy_each(config: dict[str, Any]) -> None:
    policy = config["policies"][0]
    config["channels"]["web"].pop("categories")  # ours are the names of the desks
    config["providers"][_ALONE] = {**config["providers"][_BACKUP], "url": "http://127.0.0.1:9/", "health": {}}
    config["policies"] = [
        {
            **policy,
            "name": desk,
            "match": {"categories": [desk]},
            "providers": [desk, _ALONE if desk == _DROPPER else _BACKUP],
            **({"pick_up_within": f"{_PICK_UP_WITHIN:g}s"} if desk in (_LOSER, _IDLE) else {}),
        }
        for desk in DESKS
    ]
    config["policies"].append({**policy, "providers": [_BACKUP, _BUSY]})


async def _hand_in(rig: Rig, desk: str, count: int, pause: float = 0.0) -> list[str]:
    references = []
    for _ in range(count):
        response = await rig.hand_in(new_id(), category=desk)
        assert response.status == 201, tail(rig.log)
        references.append((await response.json())["reference"])
        await asyncio.sleep(pause)
    return references


async def _scene(rig: Rig, desk: str) -> tuple[list[str], list[str]]:
    """Give the desk its fault, hand in, and heal it; the references from before and after that."""
    fault, seconds, count, pause = {
        _BUSY: ("busy", _RETRY_AFTER, 30, 0.1),
        _PICKY: ("refuse", None, 1, 0.0),
        _LOSER: ("lose", None, 3, 0.0),
        _IDLE: ("none", None, 3, 0.0),
        _DROPPER: ("drop", None, 3, 0.0),
    }[desk]
    await rig.clients[desk].turn(fault, seconds)
    references = await _hand_in(rig, desk, count, pause)
    await rig.until(lambda: _answered(rig, desk, references[: 1 if desk == _BUSY else count]), _SETTLED_WITHIN)
    await rig.clients[desk].turn("none")
    await asyncio.sleep(_RETRY_AFTER)
    return references, await _hand_in(rig, desk, 2)


async def _play(folder: Path) -> Seen:
    desks = (*DESKS, _BACKUP)
    async with Rig(folder, desks, with_agents={_BACKUP}, without_reports={_DROPPER}, adjust=_one_policy_each) as rig:
        await rig.start()
        scenes = dict(zip(DESKS, await asyncio.gather(*(_scene(rig, desk) for desk in DESKS)), strict=True))
        every = [reference for scene in scenes.values() for made in scene for reference in made]
        hand_ins = [HandIn("", 0.0, 0.0, reference) for reference in every]
        await rig.until(lambda: _all_touched(rig, scenes[_IDLE][0]), _SETTLED_WITHIN)
        await rig.settled(hand_ins, _SETTLED_WITHIN)
        await assert_balanced(rig, every)
        idle = next(each for each in rig.assessments() if each.name == _IDLE).backups[0]
        assert idle.silent_death is not None
        kinds = ("provider.state_changed", "handoff.started", "handoff.changed")
        return Seen(
            books=await rig.books(hand_ins),
            references={desk: made for desk, (made, _) in scenes.items()},
            after={desk: made for desk, (_, made) in scenes.items()},
            events=await rig.events(*kinds),
            silent_death=idle.silent_death.seconds,
            one_ticket=idle.ticket.seconds,
            log=rig.log,
        )


async def _answered(rig: Rig, desk: str, references: Sequence[str]) -> str | None:
    """Its fault lasts until it has met these; a busy desk is left alone after the first."""
    changed = [each for each in await rig.events("handoff.changed") if each["data"]["provider"] == desk]
    left = set(references) - {each["subject"] for each in changed}
    return f"{left} answered by {desk}" if left else None


async def _all_touched(rig: Rig, references: Sequence[str]) -> str | None:
    taken = {ticket.reference for ticket in await rig.clients[_BACKUP].tickets()}
    left = set(references) - taken
    return f"{left} at the backup" if left else None


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return asyncio.run(_play(tmp_path_factory.mktemp("answers")))


def _at(event: Mapping[str, Any]) -> Instant:
    at = as_instant(event["time"])
    assert at is not None
    return at


def test_every_ticket_is_at_exactly_one_desk(seen: Seen) -> None:
    for made in (*seen.references.values(), *seen.after.values()):
        assert len(seen.held(made)) == len(made)
        assert all(len(seen.held([reference])) == 1 for reference in made)


def test_retry_after_is_honoured_and_nothing_storms(seen: Seen) -> None:
    """While the desk wants to be left alone it is: the backup has what can't wait, in time."""
    asked = [_at(each) for each in seen.about(_BUSY, "handoff.started")]
    declined = [_at(each) for each in seen.about(_BUSY, "handoff.changed") if "429" in (each["data"]["reason"] or "")]
    assert declined
    pauses = [(at + _AT_ONCE, at + _RETRY_AFTER - _AT_ONCE) for at in declined]
    assert [at for at in asked if any(begin < at < end for begin, end in pauses)] == []
    assert len(asked) < len(seen.references[_BUSY]) / 2
    waits = {ticket.reference: ticket.handoff_seconds or 99.0 for ticket in seen.books.tickets}
    assert max(waits[reference] for reference in seen.references[_BUSY]) <= seen.one_ticket
    assert _BACKUP in seen.held(seen.references[_BUSY])


def test_a_busy_desk_is_not_down_and_gets_tickets_again_afterwards(seen: Seen) -> None:
    assert [each["data"]["new"] for each in seen.about(_BUSY, "provider.state_changed")] == ["up"]
    assert seen.held(seen.after[_BUSY]) == [_BUSY, _BUSY]


def test_one_4xx_does_not_mean_down(seen: Seen) -> None:
    assert "refused" in [each["data"]["state"] for each in seen.about(_PICKY, "handoff.changed")]
    assert [each["data"]["new"] for each in seen.about(_PICKY, "provider.state_changed")] == ["up"]
    assert seen.held(seen.references[_PICKY]) == [_BACKUP]
    assert seen.held(seen.after[_PICKY]) == [_PICKY, _PICKY]


def test_what_a_desk_accepts_and_loses_is_missed_at_the_read_back_and_delivered_again(seen: Seen) -> None:
    lost = [each["subject"] for each in seen.about(_LOSER, "handoff.changed") if each["data"]["state"] == "lost"]
    assert sorted(lost) == sorted(seen.references[_LOSER])


def test_what_nobody_works_on_is_noticed_by_its_age_and_taken_over_in_time(seen: Seen) -> None:
    accepted = {each.reference: each for each in seen.at(_IDLE, seen.references[_IDLE])}
    taken = {each.reference: each for each in seen.at(_BACKUP, seen.references[_IDLE])}
    assert accepted.keys() == taken.keys() == set(seen.references[_IDLE])
    for reference, copy in taken.items():
        assert _PICK_UP_WITHIN <= copy.received_at - accepted[reference].received_at <= seen.silent_death
        assert accepted[reference].state is DeskState.WITHDRAWN
        assert copy.state is DeskState.PICKED_UP


def test_an_answer_lost_after_the_commit_makes_no_second_ticket(seen: Seen) -> None:
    """There is no other desk to turn to: this one is searched by the key, and has it."""
    assert len(seen.at(_DROPPER, seen.references[_DROPPER])) == len(seen.references[_DROPPER])
    unknown = [each for each in seen.about(_DROPPER, "handoff.changed") if each["data"]["state"] == "unknown"]
    assert unknown
