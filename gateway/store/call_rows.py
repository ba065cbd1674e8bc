"""Calls out of the database, and into it."""

import orjson

from gateway.core.calls import CallChange, KeptCall
from gateway.core.clock import Instant
from gateway.core.delivery import Kind
from gateway.core.values import dataclass
from gateway.store.rows import AnyRow, Values

ABOUT_CALLS = frozenset({Kind.CALL, Kind.CALLBACK})


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCall(KeptCall):
    """A call with what only the store keeps."""

    began_at: Instant
    taken: bool
    """A provider's agent has been on the line."""
    number: str | None
    """That is called back by it."""
    reserved: float

    @property
    def calls_back(self) -> str | None:
        """The number that nobody else may call back now."""
        return None if self.over else self.number


def changed(before: StoredCall | None, change: CallChange) -> StoredCall:
    """The call after that step."""
    ticket_id = change.opening.message.ticket_id if change.opening else change.ticket_id
    return StoredCall(
        sid=change.sid,
        channel=change.channel,
        version=change.seen + 1,
        record=change.record,
        ticket_id=ticket_id or (before.ticket_id if before else None),
        over=change.over or (before is not None and before.over),
        # A text that was forgotten and is sent anew counts for the day that it is sent on.
        began_at=change.at if before is None or before.record is None else before.began_at,
        taken=change.taken is not None or (before is not None and before.taken),
        number=change.calls or (before.number if before else None),
        reserved=change.reserved if change.calls or before is None else before.reserved,
    )


def stored_call(row: AnyRow) -> StoredCall:
    return StoredCall(
        sid=row.sid,
        channel=row.channel,
        version=row.version,
        record=row.record,
        ticket_id=row.ticket_id,
        over=bool(row.ended),
        began_at=row.began_at,
        taken=bool(row.taken),
        number=row.number,
        reserved=row.reserved,
    )


def kept_call(row: AnyRow) -> KeptCall:
    return KeptCall(row.sid, row.channel, row.version, row.record, row.ticket_id, bool(row.ended))


def values(call: StoredCall) -> Values:
    return {
        "sid": call.sid,
        "channel": call.channel,
        "version": call.version,
        "record": call.record,
        "ticket_id": call.ticket_id,
        "ended": call.over,
        "began_at": call.began_at,
        "taken": call.taken,
        "number": call.number,
        "reserved": call.reserved,
    }


def calls_named(payload: str) -> set[str]:
    """What a channel owes about a call has its key in the payload, under a name that is the channel's own."""
    return {each for each in orjson.loads(payload).values() if isinstance(each, str)}
