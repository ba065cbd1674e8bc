"""`relevo phone call`: a whole call against a gateway in a process of its own, and what is told of it."""

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import Result

from tests.support.command import WITH_PHONE, invoke, run, serving, write_configuration
from tests.support.ports import new_port

REFERENCE = re.compile(r"\d{3}-\d{3}-\d{4}")

LINE = """languages: [es, en]
    callback: {{offer: true}}
    api: http://127.0.0.1:{api}
    allow_private: true"""


async def _well(_request: web.Request) -> web.Response:
    return web.json_response({})


async def _taken(_request: web.Request) -> web.Response:
    return web.json_response({"reference": "THEIRS", "state": "open"}, status=201)


@contextmanager
def desk() -> Iterator[int]:
    """One that takes every ticket, beside the commands of this process; its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    app = web.Application()
    app.add_routes([web.get("/health", _well), web.post("/tickets", _taken)])
    server = TestServer(app, loop=loop)
    asyncio.run_coroutine_threadsafe(server.start_server(), loop).result()
    assert server.port is not None
    try:
        yield server.port
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The configuration of a gateway that runs, with both desks up."""
    public, ops, api = new_port(), new_port(), new_port()
    with desk() as port:
        file = write_configuration(
            tmp_path_factory.mktemp("phone"),
            *WITH_PHONE,
            ('public: {listen: "127.0.0.1:0"}', f'public: {{listen: "127.0.0.1:{public}"}}'),
            ('ops: {listen: "127.0.0.1:0"', f'ops: {{listen: "127.0.0.1:{ops}"'),
            ("127.0.0.1:9/", f"127.0.0.1:{port}/"),
            ("answer_within: 60s", LINE.format(api=api)),
        )
        with serving(file, "--accept-impossible"):
            _until_both_are_up(file)
            yield file


def _until_both_are_up(file: Path) -> None:
    deadline = time.monotonic() + 20.0
    while invoke("providers", "-c", file).output.count(" up ") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def call(file: Path, *options: str, language: str = "C.UTF-8") -> Result:
    environment = {"LC_ALL": language, "COLUMNS": "100"}
    return invoke("phone", "call", "-c", file, "--speed", "500", *options, environment=environment)


def facts(result: Result) -> dict[str, str]:
    """Of the account at the end."""
    _, _, account = result.output.rpartition("\n\n")
    return dict(
        re.split(r"\s{2,}", each, maxsplit=1) for each in account.splitlines() if re.search(r"\S\s{2,}\S", each)
    )


def test_the_backup_answers_where_the_primary_is_busy(line: Path) -> None:
    result = call(line, "--scene", "busy")

    assert result.exit_code == 0, result.output
    assert "00:00  Caller   calls +34910000000 from +34600111222" in result.output
    assert re.search(r"Network  dials acme \(\+34910000001\)\n\d\d:\d\d  Desk     is busy\n", result.output)
    told = facts(result)
    assert REFERENCE.fullmatch(told["ticket"])
    assert (told["state"], told["provider"], told["outcome"]) == ("handed_off", "norte", "answered")
    assert (told["dialled"], told["failovers"]) == ("acme: busy · norte: answered", "1")
    assert "Played 500 times faster than life" in result.output
    assert told["ticket"] in invoke("tickets", "-c", line).output


def test_a_message_is_kept_and_handed_over(line: Path) -> None:
    told = facts(call(line, "--scene", "voicemail"))

    assert (told["outcome"], told["recording"]) == ("a message was left", "12.0 s")
    assert told["dialled"] == "acme: no answer · norte: busy"
    assert (told["state"], told["provider"]) == ("handed_off", "acme")


def test_keys_are_pressed_and_the_caller_hangs_up_while_it_rings(line: Path) -> None:
    result = call(line, "--press", "2", "--hang-up-after", "24s", "--from", "+34600999888")

    assert "from +34600999888" in result.output
    assert "Caller   presses 2" in result.output
    assert "“One moment, please. We are connecting you.”" in result.output
    assert "00:24  Caller   hangs up" in result.output
    told = facts(result)
    assert told["outcome"] == "the caller hung up before anybody answered"
    assert told["dialled"] == "acme: the caller hung up"


def test_who_asks_for_it_is_called_back_while_one_watches(line: Path) -> None:
    result = call(line, "--press", "2", "--press", "8")

    first, second, _ = result.output.split("\n\n")
    assert "We will call you back at the number that you are calling from." in first
    assert second.startswith("00:00  Relevo   dials acme (+34910000001)\n")
    assert "Network  dials +34600111222" in second
    told = facts(result)
    assert (told["outcome"], told["provider"]) == ("a call back was asked for", "acme")
    assert told["call back"].startswith("they spoke: acme, ")


def test_it_speaks_spanish(line: Path) -> None:
    result = call(line, language="es_ES.UTF-8")

    assert "Servicio  alguien descuelga" in result.output
    told = facts(result)
    assert (told["resultado"], told["marcado"]) == ("atendida", "acme: atendida")


def test_what_no_caller_can_do_is_refused(line: Path) -> None:
    assert "a phone has the keys 0 to 9, * and #" in call(line, "--press", "1", "--press", "a").stderr
    assert "there is no such scene; there are: answered, busy," in call(line, "--scene", "opera").stderr
    assert "a duration with its unit is needed" in call(line, "--hang-up-after", "20").stderr


def test_without_a_gateway_nobody_is_called(tmp_path: Path) -> None:
    port = new_port()
    file = write_configuration(
        tmp_path, *WITH_PHONE, ('ops: {listen: "127.0.0.1:0"', f'ops: {{listen: "127.0.0.1:{port}"')
    )
    result = call(file)

    assert result.exit_code == 1
    assert "nothing answers at" in result.stderr
    assert "https://api.twilio.com knows nothing of a call that is played here" in result.stderr
    assert "calls +34" not in result.output


def test_the_scenes_are_listed() -> None:
    result = invoke("phone", "scenes")
    assert ["queue", "The", "first", "desk's", "queue"] in [each.split()[:5] for each in result.output.splitlines()]


def test_an_account_that_cant_be_used_is_told_with_what_to_do(line: Path) -> None:
    result = invoke("channels", "test", "phone", "-c", line)

    assert result.exit_code == 1
    assert re.search(r"^  FAILS  use the account: ", result.output, re.MULTILINE)
    assert "What to do: check account_sid and auth_token" in result.output


def test_serve_refuses_what_callers_wait_too_long_for(tmp_path: Path) -> None:
    file = write_configuration(tmp_path, *WITH_PHONE, ("answer_within: 60s", "answer_within: 20s"))
    refused = run("serve", "-c", file)

    assert refused.returncode == 1
    assert "phone: by policy default a caller may wait" in refused.stderr
