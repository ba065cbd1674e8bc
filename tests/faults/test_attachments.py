"""Files under faults: what was answered with yes is whole after a power cut, and a desk gets it all the same."""

import asyncio
import errno
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
from aiohttp import web

from gateway.core.clock import SystemClock
from gateway.demo.configuration import secret_variable
from gateway.demo.desk.app import DeskOptions, make_runner
from tests.support.power_cut import PowerCut
from tests.support.preload import build
from tests.support.rig import Rig

_FILES = 8
_SIZE = 300_000
_EXCHANGED_WITHIN = 30.0
_ENDS_WITHIN = 30.0


def _content(number: int) -> bytes:
    return bytes([number]) * _SIZE


async def _hand_in(session: aiohttp.ClientSession, rig: Rig, number: int) -> tuple[int, str]:
    """The status, and the address of the requester's page, of a request with a file."""
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("ticket", json.dumps({"subject": f"Con fichero {number}", "body": "Adjunto."}))
    form.add_field("file", _content(number), filename=f"{number}.zip", content_type="application/zip")
    async with session.post(f"{rig.public_url}/api/v1/tickets", data=form) as response:
        answer = await response.json(content_type=None)
        return response.status, answer.get("status_url", "")


async def _digest_at(session: aiohttp.ClientSession, page: str) -> str:
    async with session.get(f"{page}/attachments/1/1") as response:
        assert response.status == 200
        return hashlib.sha256(await response.read()).hexdigest()


async def test_after_a_power_cut_every_file_of_an_acknowledged_request_is_whole(tmp_path: Path) -> None:
    """The content is durable before the row that names it: else the image would hold rows without content."""
    root = tmp_path / "disk"
    root.mkdir()
    cut = PowerCut(root, tmp_path)
    cut.begin()
    async with (
        Rig(tmp_path, database=root / "relevo.db", environment=cut.environment) as rig,
        aiohttp.ClientSession() as session,
    ):
        await rig.start()
        answers = await asyncio.gather(*(_hand_in(session, rig, number) for number in range(_FILES)))
        await rig.relevo.kill()
        assert [status for status, _ in answers] == [201] * _FILES
        cut.image(tmp_path / "image")
        rig.database = tmp_path / "image" / "relevo.db"
        rig.configure(rig.names)
        await rig.start_relevo()
        for number, (_, page) in enumerate(answers):
            assert await _digest_at(session, page) == hashlib.sha256(_content(number)).hexdigest()


async def test_a_desk_downloads_a_requests_file_and_answers_with_one(tmp_path: Path) -> None:
    async with (
        Rig(tmp_path, in_this_process=("acme",)) as rig,
        aiohttp.ClientSession() as session,
        _desk_that_replies(rig, tmp_path),
    ):
        await rig.start()
        status, page = await _hand_in(session, rig, 7)
        assert status == 201
        await rig.until(lambda: _missing(session, rig.desk_url("acme"), f"({_SIZE} bytes)"), _EXCHANGED_WITHIN)
        reply = f"{page}/attachments/2/1"
        await rig.until(lambda: _missing(session, reply, "1. Turn it off."), _EXCHANGED_WITHIN)
        async with session.get(reply) as response:
            assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


@asynccontextmanager
async def _desk_that_replies(rig: Rig, tmp_path: Path) -> AsyncIterator[None]:
    options = DeskOptions(
        name="acme",
        secret=rig.secrets[secret_variable("acme")],
        data=tmp_path / "acme",
        events_url=f"{rig.public_url}/providers/acme/events",
        pick_up_after=0.0,
        resolve_after=0.0,
    )
    runner = make_runner(options, SystemClock())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", rig.ports["acme"]).start()
    try:
        yield
    finally:
        await runner.cleanup()


async def _missing(session: aiohttp.ClientSession, url: str, text: str) -> str | None:
    async with session.get(url) as response:
        return None if text in await response.text() else f"{text!r} at {url}"


async def test_a_full_disk_refuses_files_and_recovers_and_a_failing_one_ends_it(tmp_path: Path) -> None:
    fault = tmp_path / "fault"
    environment = {"LD_PRELOAD": str(build("disk_faults", tmp_path)), "DISK_FAULT": str(fault)}
    async with Rig(tmp_path, environment=environment) as rig, aiohttp.ClientSession() as session:
        await rig.start()
        blobs = rig.database.with_name(f"{rig.database.name}.blobs")

        fault.write_text("full")
        assert (await _hand_in(session, rig, 1))[0] == 503
        assert _files_in(blobs) == []

        fault.unlink()
        assert (await _hand_in(session, rig, 1))[0] == 201
        assert [path.stat().st_size for path in _files_in(blobs)] == [_SIZE]

        fault.write_text("eio")
        with suppress(aiohttp.ClientConnectionError):  # it ends, perhaps before all of the request was read
            assert (await _hand_in(session, rig, 2))[0] == 503

        async def missing() -> str | None:
            return "Relevo to end" if rig.relevo.running else None

        await rig.until(missing, _ENDS_WITHIN)
        assert os.strerror(errno.EIO) in rig.log.read_text()


def _files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
