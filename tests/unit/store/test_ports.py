"""The store offers every method of its ports, with the very parameters that callers rely on."""

import inspect

import pytest

from gateway.core import ports
from gateway.core.clock import SystemClock
from gateway.store import SqlStore
from tests.support.store import inline_store

PORTS = (
    ports.IntakeStore,
    ports.MailStore,
    ports.CallStore,
    ports.TextStore,
    ports.DeliveryEnds,
    ports.DeliveryStore,
    ports.TakeoverStore,
    ports.LedgerStore,
    ports.SpoolStore,
    ports.QuarantineStore,
    ports.RecordStore,
    ports.Reads,
)


@pytest.mark.parametrize("port", PORTS)
def test_a_port_is_offered_whole(port: type) -> None:
    for name, method in inspect.getmembers(port, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.signature(getattr(SqlStore, name)) == inspect.signature(method), name


def as_ports(
    store: SqlStore,
) -> tuple[
    ports.IntakeStore,
    ports.MailStore,
    ports.CallStore,
    ports.TextStore,
    ports.DeliveryEnds,
    ports.DeliveryStore,
    ports.TakeoverStore,
    ports.LedgerStore,
    ports.SpoolStore,
    ports.QuarantineStore,
    ports.RecordStore,
    ports.Reads,
]:
    """That the types agree as well is for the type checker to say."""
    return (store,) * 12


def test_every_port_is_looked_at() -> None:
    assert len(as_ports(inline_store(SystemClock()))) == len(PORTS)
