"""Group commit: the calls that have queued up share one transaction, and one fsync.

If a group fails for a reason of one call's own, it is rolled back whole and each call is tried alone, so that only the
guilty one fails. (Savepoints don't give that: a full disk ends the whole transaction, and what follows would run in
autocommit.) A storage fault is everybody's: it is not tried again, since each try may wait for the lock as long.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gateway.core.errors import OutcomeUnknown, StoreFailed, StoreUnavailable
from gateway.core.events import Recorded
from gateway.core.failpoints import failpoint
from gateway.store import stream
from gateway.store.failures import translated
from gateway.store.transaction import Transaction, Verb
from gateway.store.verbs.order import rank


@dataclass(slots=True, eq=False)
class Call:
    """One caller's commands for one verb, and what became of them: `results`, or `error`; `waiter` is the caller's."""

    verb: Verb[Any, Any]
    commands: list[Any]
    waiter: asyncio.Future[list[Any]] | None = None
    asked_at: float = 0.0
    """On the monotonic clock."""
    results: list[Any] | None = None
    error: Exception | None = None


def commit(connection: Connection, calls: Sequence[Call]) -> list[Recorded]:
    """Run the calls, fill in what became of each, and return the events of what was committed. Never raises."""
    try:
        return _together(connection, calls)
    except (StoreUnavailable, StoreFailed) as error:
        for call in calls:
            call.error = _own(error)
    except Exception as error:
        if len(calls) > 1:
            return [event for call in calls for event in commit(connection, [call])]
        calls[0].error = error
    return []


def _together(connection: Connection, calls: Sequence[Call]) -> list[Recorded]:
    verbs: list[Verb[Any, Any]] = []
    results: list[tuple[Call, list[Any]]] = []
    committing = False
    try:
        with translated(), connection.begin():
            transaction = Transaction(connection)
            for verb, alike in _by_verb(calls).items():
                verbs.append(verb)
                results += _shared(transaction, verb, alike)
            recorded = stream.append(connection, transaction.events)
            _pass(verbs, "before_commit")
            committing = True
    except StoreUnavailable as error:
        if committing:
            raise OutcomeUnknown(str(error)) from error
        raise
    _pass(verbs, "after_commit")
    for call, answer in results:
        call.results = answer
    return recorded


def _by_verb(calls: Sequence[Call]) -> dict[Verb[Any, Any], list[Call]]:
    """Those of each verb, in the order in which verbs run."""
    found: dict[Verb[Any, Any], list[Call]] = {}
    for call in calls:
        found.setdefault(call.verb, []).append(call)
    return {verb: found[verb] for verb in sorted(found, key=rank)}


def _shared(transaction: Transaction, verb: Verb[Any, Any], calls: list[Call]) -> list[tuple[Call, list[Any]]]:
    answers = verb(transaction, [command for call in calls for command in call.commands])
    shared = []
    end = 0
    for call in calls:
        begin, end = end, end + len(call.commands)
        shared.append((call, answers[begin:end]))
    return shared


def _pass(verbs: Sequence[Verb[Any, Any]], moment: str) -> None:
    for verb in verbs:
        failpoint(f"{verb.__name__}.{moment}")


def _own(error: StoreUnavailable | StoreFailed) -> Exception:
    """Each caller raises an error of its own: one instance raised in many tasks would gather all their tracebacks."""
    own = type(error)(str(error))
    own.__cause__ = error
    return own
