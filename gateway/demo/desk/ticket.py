"""A ticket as the desk has it, and the form in which the desk lists it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from gateway.core.clock import Instant
from gateway.demo.desk.files import DeskFile


class DeskState(StrEnum):
    """Where a ticket stands at the desk."""

    OPEN = "open"
    PICKED_UP = "picked_up"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class NewTicket:
    """What came in: `content` is the whole request as JSON text."""

    key: str
    reference: str
    subject: str
    language: str
    content: str
    files: tuple[DeskFile, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskTicket:
    """One ticket; `reference` is the gateway's, `provider_reference` the desk's own, `key` the idempotency key."""

    provider_reference: str
    reference: str
    key: str
    subject: str
    language: str
    state: DeskState
    received_at: Instant
    picked_up_at: Instant | None = None
    resolved_at: Instant | None = None
    withdrawn_at: Instant | None = None
    messages: int = 0
    """How many further messages were appended."""

    @property
    def held(self) -> bool:
        """The desk answers for it: it was not withdrawn."""
        return self.state is not DeskState.WITHDRAWN

    def as_json(self) -> dict[str, Any]:
        """As `GET /api/tickets` lists it; instants are seconds since the epoch."""
        return asdict(self)

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> "DeskTicket":
        """The ticket that `as_json` wrote."""
        return cls(**{**item, "state": DeskState(item["state"])})
