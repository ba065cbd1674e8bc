"""PostgreSQL goes away while people call: they are connected all the same, and have their tickets when it is back."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.demo.caller.script import Desk, Scene
from tests.support.phone_gateway import PHONES, PhoneGateway, phone_gateway
from tests.support.postgres import Server, running_server
from tests.support.postgres_rig import DATABASE, PostgresRig
from tests.support.rig import Adjust

pytestmark = pytest.mark.postgresql
_LEARNT_WITHIN = 30.0
ANSWERS = Scene(desks={PHONES["acme"]: Desk(talks_for=40)})


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as started:
        started.execute(f"CREATE DATABASE {DATABASE}")
        yield started


def _one_phone(content: dict[str, Any]) -> None:
    del content["providers"]["norte"]["voice"]


async def test_a_caller_is_connected_while_the_server_is_away_and_the_call_is_learnt_of(
    tmp_path: Path, server: Server
) -> None:
    def over_postgres(change: Adjust, environment: Mapping[str, str]) -> PostgresRig:
        return PostgresRig(tmp_path, [server], adjust=change, environment=environment)

    async with phone_gateway(tmp_path, adjust=_one_phone, make=over_postgres) as phone:
        await phone.rig.start()
        before = await phone.call(ANSWERS)
        server.stop()
        phone.transcript.clear()
        began_at = phone.rig.clock.now()
        meanwhile = await phone.call(ANSWERS)
        assert "caller and desk talk" in [str(line.words) for line in phone.transcript]
        phone.twilio.call(began_at, sid=meanwhile, duration="60")
        dialled = {"parent_call_sid": meanwhile, "to": PHONES["acme"], "direction": "outbound-dial", "duration": "40"}
        phone.twilio.call(began_at, **dialled)
        server.start()
        await _answered(phone, before, meanwhile)
        assert len(await phone.rig.tickets()) == 2


async def _answered(phone: PhoneGateway, *sids: str) -> None:
    async def missing() -> str | None:
        ended = await phone.rig.events("call.ended")
        answered = {each["data"]["call"] for each in ended if each["data"]["provider"] == "acme"}
        return None if answered == set(sids) else f"the ends of {set(sids) - answered}"

    await phone.rig.until(missing, _LEARNT_WITHIN)
