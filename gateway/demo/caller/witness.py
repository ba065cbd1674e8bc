"""What the gateway made of a call, as its ops API tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from gateway.client import OpsClient
from gateway.core.ticket import TicketState


@dataclass(slots=True)
class CallAccount:
    """Of one call, as far as it has been told."""

    sid: str
    reference: str | None = None
    dialled: list[tuple[str, str]] = field(default_factory=list)
    """Each provider with the result, in order."""
    ended: Mapping[str, Any] | None = None
    """The figures: the members of the event `call.ended`."""
    recording: float | None = None
    """Seconds of the message that is kept."""
    called_back: Mapping[str, Any] | None = None
    """What came of calling back: the members of `callback.ended`."""
    ticket: Mapping[str, Any] | None = None

    @property
    def outcome(self) -> str | None:
        return None if self.ended is None else str(self.ended["outcome"])

    @property
    def settled(self) -> bool:
        """Nothing more is expected."""
        if self.ticket is None or self.ticket["state"] == TicketState.WAITING.value:
            return False
        match self.outcome:
            case None:
                return False
            case "voicemail":
                return self.recording is not None
            case "callback":
                return self.called_back is not None
            case _:
                return True

    def add(self, event: Mapping[str, Any]) -> None:
        """One of the stream; whatever is about others changes nothing."""
        data, reference = event["data"], event.get("subject")
        if event["type"] == "callback.ended" and self.reference is not None and reference == self.reference:
            self.called_back = data
        if data.get("call") != self.sid:
            return
        self.reference = reference or self.reference
        match event["type"]:
            case "call.leg_ended":
                self.dialled.append((data["provider"], data["result"]))
            case "call.ended":
                self.ended = data
            case "call.recording_kept":
                self.recording = data["seconds"]


class Witness:
    """Reads the event stream from where it was when the witness came."""

    def __init__(self, ops: OpsClient, after: int) -> None:
        self._ops = ops
        self._after = after

    @classmethod
    async def come(cls, ops: OpsClient) -> Self:
        """Raises OpsError."""
        return cls(ops, await ops.last_event())

    async def look(self, account: CallAccount) -> None:
        """Add what is new. Raises OpsError."""
        for event in await self._ops.events(self._after):
            self._after = int(event["id"])
            account.add(event)
        if account.reference is not None:
            account.ticket = await self._ops.ticket(account.reference)
