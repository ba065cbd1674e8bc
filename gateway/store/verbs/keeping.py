"""What is kept beside the tickets: evidence, health, policies, the audit, the gateway's secret."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select

from gateway.core.clock import Instant
from gateway.core.events import Event
from gateway.core.provider import ProviderStatus, Takeover
from gateway.store import bulk, rows, schema
from gateway.store.audit_trail import Line, write
from gateway.store.schema import policies, settings, takeovers
from gateway.store.transaction import Transaction

_SECRET = "secret"  # noqa: S105 (the name it is kept under)


@dataclass(frozen=True, slots=True)
class SaveTakeover:
    """The evidence as it is now, with the events that belong to it, and as its writer knew it."""

    takeover: Takeover
    events: Sequence[Event]
    before: Takeover | None


@dataclass(frozen=True, slots=True)
class SavePolicies:
    """The policies that are in force from `at` on."""

    document: Mapping[str, object]
    digest: str
    at: Instant


def save_takeover(transaction: Transaction, savings: list[SaveTakeover]) -> list[Takeover]:
    """What is kept: where that isn't what the writer knew, it stays."""
    return [_save(transaction, each) for each in savings]


def _save(transaction: Transaction, wanted: SaveTakeover) -> Takeover:
    new = wanted.takeover
    same = takeovers.c.id == new.id
    if wanted.before is None:
        same |= and_(
            takeovers.c.policy == new.policy,
            takeovers.c.from_provider == new.from_provider,
            takeovers.c.ended_at.is_(None),
        )
    row = transaction.connection.execute(select(takeovers).where(same)).first()
    kept = rows.takeover(row) if row else None
    if kept is not None and kept != wanted.before:
        return kept
    bulk.replace(transaction.connection, takeovers, [rows.takeover_values(new)])
    transaction.events += wanted.events
    return new


def record_health(transaction: Transaction, statuses: list[ProviderStatus]) -> list[None]:
    latest = {each.name: each for each in statuses}
    bulk.replace(transaction.connection, schema.provider_health, [rows.health_values(each) for each in latest.values()])
    return [None] * len(statuses)


def save_policies(transaction: Transaction, versions: list[SavePolicies]) -> list[int]:
    """The version's number: a new one only where something changed."""
    return [_version(transaction, each) for each in versions]


def _version(transaction: Transaction, wanted: SavePolicies) -> int:
    newest = select(policies.c.version, policies.c.digest).order_by(policies.c.version.desc()).limit(1)
    row = transaction.connection.execute(newest).one_or_none()
    if row is not None and row.digest == wanted.digest:
        return int(row.version)
    values = (wanted.digest, rows.json(wanted.document), wanted.at)
    return bulk.insert_numbered(transaction.connection, schema.policies, ("digest", "document", "at"), [values])[0]


def record_audit(transaction: Transaction, lines: list[Line]) -> list[None]:
    write(transaction.connection, lines)
    return [None] * len(lines)


def secret(transaction: Transaction, callers: list[None]) -> list[bytes]:
    """The same 32 bytes for ever, drawn the first time they are asked for."""
    query = select(settings.c.value).where(settings.c.key == _SECRET)
    value = transaction.connection.execute(query).scalar()
    if value is None:
        value = secrets.token_hex(32)
        bulk.insert(transaction.connection, schema.settings, [{"key": _SECRET, "value": value}])
    return [bytes.fromhex(value)] * len(callers)
