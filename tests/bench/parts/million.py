"""The part `million`: a store with a million tickets beside an empty one."""

import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from tests.bench.contestants import INTAKE, Contestant, durable_intake
from tests.bench.load import said_by
from tests.bench.million.claims import ClaimsResult, measure_claims
from tests.bench.million.fill import TEMPLATE, Filled
from tests.bench.million.visits import Visit, memory, visit
from tests.bench.rounds import SLICES, Measurement, run_rounds

TICKETS = 1_000_000
ROUNDS = 7
EMPTY, FULL = "empty", "full"
MEMORY_RATE, MEMORY_SECONDS = 50.0, 90.0
_CLAIMED = 2048
"""Tickets handed over in one round."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class MillionFigures:
    """By `empty` and `full`, round by round. For the visits the empty store has a thousand tickets, so that there are
    pages to ask for."""

    tickets: int
    fill_seconds: float
    bytes: int
    visits: dict[str, list[Visit]]
    memory: dict[str, list[tuple[float, int]]]
    """Seconds, and resident bytes."""
    claims: dict[str, list[ClaimsResult]]
    intake: dict[str, list[Measurement]]


async def measure(
    folder: Path,
    say: Callable[[str], None],
    rounds: int = ROUNDS,
    tickets: int = TICKETS,
    memory_seconds: float = MEMORY_SECONDS,
) -> MillionFigures:
    """Raises LoadFailed, StartError."""
    full, small = folder / "full.db", folder / "small.db"
    filled = {FULL: await _fill(full, tickets), EMPTY: await _fill(small, TEMPLATE)}
    say(f"{filled[FULL].tickets} tickets in {filled[FULL].seconds:.0f} s, {filled[FULL].bytes / 2**30:.2f} GiB")
    files = {EMPTY: small, FULL: full}

    # In this order, since what an intake leaves would be handed off by the next that hands off.
    visits = await _by_turns(folder, rounds, lambda name, own: visit(own, files[name], filled[name]))
    say(f"visited: ready after {max(each.ready_after for each in visits[FULL]):.2f} s at most")
    grown = await _by_turns(folder, 1, lambda name, own: memory(own, files[name], MEMORY_RATE, memory_seconds))
    say("memory watched")
    claims = await _claims(folder, full, rounds)
    say("claims measured")
    intake = await run_rounds((_contestant(EMPTY), _contestant(FULL, full)), rounds, folder, say, SLICES)
    return MillionFigures(
        tickets=filled[FULL].tickets,
        fill_seconds=filled[FULL].seconds,
        bytes=filled[FULL].bytes,
        visits=visits,
        memory={name: found[0] for name, found in grown.items()},
        claims=claims,
        intake=intake,
    )


async def _claims(folder: Path, full: Path, rounds: int) -> dict[str, list[ClaimsResult]]:
    """Both at once in every round, group by group."""
    found: dict[str, list[ClaimsResult]] = {EMPTY: [], FULL: []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(dir=folder) as own:
            results = await measure_claims([Path(own) / "relevo.db", full], _CLAIMED)
        for name, result in zip((EMPTY, FULL), results, strict=True):
            found[name].append(result)
    return found


async def _fill(file: Path, tickets: int) -> Filled:
    return Filled(**await said_by("tests.bench.million.fill", str(file), "--tickets", str(tickets)))


async def _by_turns(
    folder: Path, rounds: int, measured: Callable[[str, Path], Awaitable[Found]]
) -> dict[str, list[Found]]:
    """Each in every round, in an order that turns; `measured` gets its name, and a folder for that time."""
    found: dict[str, list[Found]] = {EMPTY: [], FULL: []}
    for number in range(rounds):
        for name in (EMPTY, FULL) if number % 2 == 0 else (FULL, EMPTY):
            with tempfile.TemporaryDirectory(dir=folder) as own:
                found[name].append(await measured(name, Path(own)))
    return found


def _contestant(name: str, database: Path | None = None) -> Contestant:
    return replace(INTAKE, name=name, start=partial(durable_intake, database=database))
