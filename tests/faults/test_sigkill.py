"""SIGKILL of Relevo under load, three times at each place where it could hurt: nothing answered with yes is lost, and
nothing ends at two desks."""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.eventually import tail
from tests.support.fatal_desk import FatalDesk
from tests.support.ledger import assert_balanced
from tests.support.persistent_traffic import PersistentTraffic
from tests.support.rig import Rig

_DEATH_WITHIN = 30.0
_SETTLED_WITHIN = 30.0
"""Seconds that finding out about what was cut off may take."""
_GOES_ON = 15
"""Requests that must be answered after the last restart."""
_DROPPING = 0.15
"""Seconds for which the answers get lost, and then don't."""

FAILPOINTS = {
    "accept.before_commit": (3, 11, 20),
    "accept.after_commit": (3, 11, 20),
    "claim.after_commit": (12, 21, 30),
    "begin.after_commit": (2, 9, 17),
    "create.before": (2, 9, 17),
    "create.after": (2, 9, 17),
    "record.before_commit": (2, 9, 17),
    "record.after_commit": (2, 9, 17),
}
"""Each with the passes at which it kills, in turn."""
_ROUNDS = int(os.environ.get("RELEVO_SIGKILL_ROUNDS", "0"))
_LATEST_PASS = 30


@asynccontextmanager
async def _dropping_some(rig: Rig) -> AsyncIterator[None]:
    """The primary commits all the while, and part of the time its answers get lost."""

    async def toggle() -> None:
        while True:
            for fault in ("drop", "none"):
                await rig.clients["acme"].turn(fault)
                await asyncio.sleep(_DROPPING)

    task = asyncio.create_task(toggle())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await rig.clients["acme"].turn("none")


async def _killed(rig: Rig) -> None:
    assert await rig.ended(_DEATH_WITHIN) == -signal.SIGKILL, tail(rig.log)


async def _go_on(rig: Rig, traffic: PersistentTraffic) -> None:
    await rig.start_relevo()
    answered = len(traffic.hand_ins)
    await rig.until(lambda: traffic.more(answered + _GOES_ON), 30.0)


async def _account_for(rig: Rig, traffic: PersistentTraffic, within: float = _SETTLED_WITHIN) -> None:
    """After the last restart: all is at one desk, and what was handed in again made no second ticket."""
    await traffic.stop()
    assert any(tries > 1 for tries in traffic.tries.values()), "no hand-in failed: the kills came too late"
    account = await rig.settled(traffic.hand_ins, within)
    first_answers = {each.key: each.reference for each in traffic.hand_ins}
    assert await traffic.sent_again() == first_answers
    assert len(await rig.tickets()) == len(set(first_answers.values())) == account.accepted
    held = [ticket.reference for client in rig.clients.values() for ticket in await client.tickets() if ticket.held]
    assert sorted(held) == sorted(filter(None, first_answers.values()))
    await assert_balanced(rig, traffic.references)


@pytest.mark.parametrize("failpoint", FAILPOINTS)
async def test_at_a_failpoint(failpoint: str, tmp_path: Path) -> None:
    first, second, third = (f"{failpoint}:{count}" for count in FAILPOINTS[failpoint])
    async with Rig(tmp_path, without_reports={"acme"}) as rig:
        await rig.start(first)
        async with PersistentTraffic(rig.public_url, rig.clock) as traffic:
            await _killed(rig)
            async with _dropping_some(rig):
                await rig.start_relevo(second)
                await _killed(rig)
                await rig.start_relevo(third)
                await _killed(rig)
                await _go_on(rig, traffic)
            await _account_for(rig, traffic)


async def test_between_the_desks_commit_and_its_answer(tmp_path: Path) -> None:
    async with Rig(tmp_path, in_this_process={"acme"}) as rig:

        def kill() -> None:
            rig.relevo.signal(signal.SIGKILL)

        secret = rig.secrets["ACME_SECRET"]
        async with FatalDesk("acme", secret, rig.ports["acme"], tmp_path / "acme", rig.clock, kill) as desk:
            await rig.start()
            async with PersistentTraffic(rig.public_url, rig.clock) as traffic:
                for ticket in (5, 1, 12):
                    desk.strike_at(ticket)
                    await _killed(rig)
                    await _go_on(rig, traffic)
                await _account_for(rig, traffic)


@pytest.mark.skipif(not _ROUNDS, reason="RELEVO_SIGKILL_ROUNDS says how many: 200 take some minutes")
async def test_many_rounds_at_random_places(tmp_path: Path) -> None:
    """One life after the other on the same store, each ended somewhere else."""
    chance = random.Random(_ROUNDS)
    async with Rig(tmp_path, without_reports={"acme"}) as rig:
        await rig.start_desks()
        async with PersistentTraffic(rig.public_url, rig.clock) as traffic:
            async with _dropping_some(rig):
                for _ in range(_ROUNDS):
                    await rig.start_relevo(f"{chance.choice(list(FAILPOINTS))}:{chance.randint(1, _LATEST_PASS)}")
                    await _killed(rig)
                await _go_on(rig, traffic)
            await _account_for(rig, traffic, within=60.0)
        cut_off = [each["data"]["unsure"] for each in await rig.events("gateway.started")]
        account = await rig.account(traffic.hand_ins)
        print(
            f"{_ROUNDS} kills, {sum(cut_off)} attempts cut off, {account.accepted} requests accepted, "
            f"{len(account.lost)} lost, {account.doubles} doubles, {len(account.doubles_open)} of them open"
        )
