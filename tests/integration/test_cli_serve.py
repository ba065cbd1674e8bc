"""`relevo serve` as a process: how it starts, is told things, refuses and stops."""

import json
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.command import TOKEN, Serving, invoke, run, serving, write_configuration

IMPOSSIBLE = ("takeover_within: 5s", "takeover_within: 3s")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("serving")


@pytest.fixture(scope="module")
def gateway(folder: Path) -> Iterator[Serving]:
    """One gateway for the tests that leave it as it is."""
    with serving(write_configuration(folder)) as running:
        yield running


def eventually(seen: Callable[[], bool], within: float = 10.0) -> bool:
    """Whether it is seen in time; looked for often, since it comes from another process."""
    ends = time.monotonic() + within
    while not seen():
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True


def log_lines(gateway: Serving) -> list[dict[str, object]]:
    return [json.loads(line) for line in gateway.log.read_text(encoding="utf-8").splitlines()]


def events(gateway: Serving) -> list[object]:
    return [line["event"] for line in log_lines(gateway)]


def hand_in(gateway: Serving) -> str:
    body = json.dumps({"subject": "Printer", "body": "It burns.", "requester": {"email": "ana@example.org"}}).encode()
    request = urllib.request.Request(
        f"{gateway.public_url}/api/v1/tickets", body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.load(answer)["reference"])


def test_it_tells_its_addresses_and_serves(gateway: Serving) -> None:
    reference = hand_in(gateway)

    listed = invoke("tickets", "--url", gateway.ops_url, "--json")
    shown = invoke("tickets", "show", reference, "--url", gateway.ops_url)

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", gateway.public_url)
    assert reference in [each["reference"] for each in json.loads(listed.output)]
    assert "ana@example.org" in shown.output


def test_the_log_is_json_on_standard_error_and_holds_no_secret(gateway: Serving) -> None:
    assert "gateway.started" in events(gateway)
    assert TOKEN not in gateway.log.read_text(encoding="utf-8")


def test_the_running_gateway_answers_the_commands(gateway: Serving) -> None:
    for command in ("providers", "overdue", "quarantine"):
        assert invoke(command, "--url", gateway.ops_url).exit_code == 0
    assert "acme" in invoke("providers", "--url", gateway.ops_url).output
    assert invoke("providers", "--url", gateway.ops_url, environment={"RELEVO_TOKEN": "wrong"}).exit_code == 1


def test_a_taken_port_is_named(gateway: Serving, tmp_path: Path) -> None:
    port = gateway.public_url.rpartition(":")[2]
    file = write_configuration(tmp_path, ('public: {listen: "127.0.0.1:0"}', f'public: {{listen: "127.0.0.1:{port}"}}'))

    ended = run("serve", "-c", file)

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert f"relevo: 127.0.0.1:{port} is taken by another program" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_second_gateway_on_the_same_store_is_refused(gateway: Serving, folder: Path) -> None:
    served = run("serve", "-c", folder / "relevo.yaml")
    migrated = run("migrate", "-c", folder / "relevo.yaml")

    for ended in (served, migrated):
        assert ended.returncode == 1
        assert f"another gateway has this database open: process {gateway.process.pid}" in ended.stderr
        assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_in_order_when_told(tmp_path: Path, number: signal.Signals) -> None:
    with serving(write_configuration(tmp_path)) as gateway:
        assert gateway.stop(number) == 0

    assert events(gateway)[-1] == "gateway.stopped"


def test_a_second_interrupt_ends_it_at_once(tmp_path: Path) -> None:
    with serving(write_configuration(tmp_path)) as gateway:
        host, _, port = gateway.public_url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as unfinished:
            unfinished.sendall(b"POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            assert hand_in(gateway)  # by now the unfinished request is in a handler's hands, which the stop waits for
            gateway.process.send_signal(signal.SIGINT)
            assert eventually(lambda: not is_open(host, int(port)))
            began = time.monotonic()
            exit_code = gateway.stop(signal.SIGINT)

    assert exit_code == 130
    assert time.monotonic() - began < 1.0


def is_open(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port)).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_changed_file_is_put_into_force_and_a_broken_one_is_not(tmp_path: Path) -> None:
    file = write_configuration(tmp_path)
    with serving(file) as gateway:
        write_configuration(tmp_path, ("5s", "6s"))
        gateway.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: "configuration.reloaded" in events(gateway))

        write_configuration(tmp_path, ("5s", "6"))
        gateway.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: "configuration.rejected" in events(gateway))
        told = invoke("reload", "--url", gateway.ops_url)

        hand_in(gateway)
        assert gateway.stop() == 0

    rejected = next(line for line in log_lines(gateway) if line["event"] == "configuration.rejected")
    assert f"{file}:23:22: policies[0].takeover_within: " in str(rejected["problem"])
    assert told.exit_code == 1
    assert f"{file}:23:22: policies[0].takeover_within: " in told.stderr


def test_an_impossible_contract_is_refused_unless_accepted(tmp_path: Path) -> None:
    file = write_configuration(tmp_path, IMPOSSIBLE)

    refused = run("serve", "-c", file)
    with serving(file, "--accept-impossible") as gateway:
        exit_code = gateway.stop()

    assert refused.returncode == 1
    assert refused.stderr.startswith("relevo: default: a ticket may take 4.55s, and 3s are promised.")
    assert "--accept-impossible" in refused.stderr
    assert exit_code == 0


def test_a_log_for_people_is_asked_for(tmp_path: Path) -> None:
    with serving(write_configuration(tmp_path), "--log-format", "text", "--log-level", "warning") as gateway:
        assert gateway.stop() == 0

    text = gateway.log.read_text(encoding="utf-8")
    assert "gateway.started" not in text
    assert '{"' not in text


def test_a_wrong_file_ends_with_2(tmp_path: Path) -> None:
    file = write_configuration(tmp_path, ("5s", "5"))

    wrong = invoke("serve", "-c", file)
    missing = invoke("serve", "-c", tmp_path / "none.yaml")
    secret = invoke("serve", "-c", write_configuration(tmp_path), environment={"ACME_SECRET": ""})

    assert [each.exit_code for each in (wrong, missing, secret)] == [2, 2, 2]
    assert wrong.stderr.startswith(f"{file}:23:22: policies[0].takeover_within: ")
    assert "can't be read: No such file or directory" in missing.stderr
    assert "providers.acme.secret: the environment variable ACME_SECRET is empty" in secret.stderr


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_store_that_cant_be_written_is_named(tmp_path: Path, command: str) -> None:
    (tmp_path / "file").touch()
    file = write_configuration(tmp_path, ("FOLDER/relevo.db", "FOLDER/file/relevo.db"))

    ended = run(command, "-c", file)

    assert ended.returncode == 1
    assert f"{tmp_path}/file/relevo.db" in ended.stderr
    assert "Not a directory" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_store_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "relevo.db").write_text("this is no database, and never was one\n" * 100, encoding="utf-8")

    ended = run("serve", "-c", write_configuration(tmp_path))

    assert ended.returncode == 1
    assert f"{tmp_path}/relevo.db can't be opened" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_migrate_makes_the_store(tmp_path: Path) -> None:
    file = write_configuration(tmp_path)

    first, again = invoke("migrate", "-c", file), invoke("migrate", "-c", file)

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.stdout == f"The store sqlite:{tmp_path}/relevo.db has this program's schema.\n"
    assert (tmp_path / "relevo.db").stat().st_size > 0


def test_a_store_that_nothing_is_known_of_is_named(tmp_path: Path) -> None:
    file = write_configuration(tmp_path, ("sqlite:FOLDER/relevo.db", "mysql://relevo@127.0.0.1/relevo"))

    ended = run("serve", "-c", file)

    assert ended.returncode == 2
    assert "gateway.store: " in ended.stderr
    assert "such as sqlite:relevo.db" in ended.stderr
    assert "Traceback" not in ended.stderr
