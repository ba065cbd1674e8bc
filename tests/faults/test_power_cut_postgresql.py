"""The power of the database server goes: a real PostgreSQL comes back up on what it had made durable, and every request
that was answered with yes is in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ledger import assert_balanced
from tests.support.persistent_traffic import PersistentTraffic
from tests.support.postgres import Server, give_to_server, running_server
from tests.support.postgres_rig import DATABASE, PostgresRig
from tests.support.power_cut import PowerCut

_SOME = 40
_RECOVERED_WITHIN = 30.0
_SETTLED_WITHIN = 30.0


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as started:
        started.execute(f"CREATE DATABASE {DATABASE}")
        yield started


def _shadowed(server: Server) -> PowerCut:
    """The server anew, followed in what it makes durable."""
    server.stop()
    workshop = server.folder / "workshop"  # where its user, too, may read and write
    workshop.mkdir()
    cut = PowerCut(server.data, workshop)
    cut.begin()
    give_to_server(workshop)
    server.environment = cut.environment
    server.start()
    return cut


def _cut_power(server: Server, cut: PowerCut) -> None:
    """The image is taken of one instant, and stands in place of all that the server had written."""
    server.freeze()
    image = server.folder / "image"
    cut.image(image)
    server.crash()
    server.environment = {}
    server.data.rename(server.folder / "written")
    give_to_server(image)
    image.rename(server.data)


async def test_after_a_power_cut_of_the_database_server_every_acknowledged_request_is_there(
    tmp_path: Path, server: Server
) -> None:
    cut = _shadowed(server)
    async with PostgresRig(tmp_path, [server]) as rig:
        await rig.start()
        async with PersistentTraffic(rig.public_url, rig.clock) as traffic:
            await rig.until(lambda: traffic.more(_SOME), _RECOVERED_WITHIN)
            acknowledged = list(traffic.references)
            _cut_power(server, cut)
            server.start()
            answered = len(traffic.hand_ins)
            await rig.until(lambda: traffic.more(answered + _SOME), _RECOVERED_WITHIN)
            await assert_balanced(rig, acknowledged)
            await traffic.stop()
            await rig.settled(traffic.hand_ins, _SETTLED_WITHIN)
            await assert_balanced(rig, traffic.references)
