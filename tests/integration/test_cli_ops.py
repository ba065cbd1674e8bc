"""The commands that ask a running gateway, against the real ops listener over fakes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from click.testing import Result

from gateway.core.delivery import Kind, Quarantined
from gateway.core.handoff import HandoffState
from gateway.core.provider import Takeover
from gateway.core.reference import show_reference
from gateway.core.ticket import TicketState
from tests.support.clock import NOW, SetClock
from tests.support.command import TOKEN, invoke, write_configuration
from tests.support.kept_mails import new_mail
from tests.support.ops import (
    FakeQuarantine,
    FakeReads,
    FakeReloader,
    OpsSite,
    make_handoff,
    make_message,
    make_ticket,
    reference,
    ticket_id,
)

WAITING = make_ticket(1, reason="its provider is down")
HANDED_OFF = make_ticket(2, state=TicketState.HANDED_OFF, handed_off_at=NOW + 3, subject="a subject\x1b[2J")
READS = FakeReads(
    all_tickets=[WAITING, HANDED_OFF],
    all_handoffs=[
        make_handoff(WAITING, "acme", HandoffState.UNAVAILABLE, reason="connection refused"),
        make_handoff(HANDED_OFF, "norte", HandoffState.ACCEPTED, provider_reference="N-7"),
    ],
    messages=[make_message(HANDED_OFF)],
    senders={make_message(HANDED_OFF).id: "dkim example.net"},
    items=[Quarantined("q1", Kind.TICKET, ticket_id(1), reference(1), None, "refused by all", 3, NOW)],
)


@pytest.fixture
def site() -> OpsSite:
    return OpsSite(token=TOKEN, reads=READS, quarantine=FakeQuarantine({"q1"}), clock=SetClock(NOW + 60))


async def relevo(*arguments: str, token: str | None = TOKEN) -> Result:
    """The command, in a thread, while the listener runs here."""
    return await asyncio.to_thread(invoke, *arguments, environment={"RELEVO_TOKEN": token, "TZ": "UTC"})


async def test_providers_are_listed(site: OpsSite) -> None:
    async with site.running():
        shown = await relevo("providers", "--url", site.url)
        told = await relevo("providers", "--url", site.url, "--json")

    assert shown.exit_code == 0, shown.output
    assert shown.output.split()[:5] == ["provider", "state", "share", "since", "because"]
    assert [each["name"] for each in json.loads(told.output)] == ["acme", "norte"]


async def test_tickets_are_listed_newest_first_and_by_state(site: OpsSite) -> None:
    async with site.running():
        everything = await relevo("tickets", "--url", site.url)
        waiting = await relevo("tickets", "--url", site.url, "--state", "waiting")
        first = await relevo("tickets", "--url", site.url, "--limit", "1")
        none = await relevo("tickets", "--url", site.url, "--state", "resolved")
        told = await relevo("tickets", "--url", site.url, "--json")

    _, newest, oldest = everything.output.splitlines()
    assert newest.split()[:3] == [show_reference(reference(2)), "handed_off", "norte"]
    assert oldest.split()[:2] == [show_reference(reference(1)), "waiting"]
    assert oldest.endswith("its provider is down")
    assert len(waiting.output.splitlines()) == 2
    assert first.output.endswith("Only the newest 1 are shown.\n")
    assert none.output == "There is no ticket.\n"
    assert [each["reference"] for each in json.loads(told.output)] == [reference(2), reference(1)]


async def test_a_ticket_is_shown_whole_and_moves_no_cursor(site: OpsSite) -> None:
    async with site.running():
        shown = await relevo("tickets", "show", show_reference(reference(2)), "--url", site.url)
        by_group = await relevo("tickets", "--url", site.url, "show", reference(2))
        told = await relevo("tickets", "show", reference(2), "--url", site.url, "--json")

    assert shown.exit_code == 0, shown.output
    assert by_group.output == shown.output
    assert "\x1b" not in shown.output
    for part in (
        "a subject?[2J",
        "Ana, ana@example.org",
        "norte",
        "N-7",
        "a person's words",
        "2026-01-01 00:00:03",
        "dkim example.net",
    ):
        assert part in shown.output
    assert json.loads(told.output)["subject"] == HANDED_OFF.subject
    assert "\x1b" not in told.output


async def test_personal_data_is_withheld_where_no_token_protects_it(site: OpsSite) -> None:
    site.token = None
    async with site.running():
        shown = await relevo("tickets", "show", reference(2), "--url", site.url, token=None)

    assert "Personal data is withheld" in shown.output
    assert "Ana" not in shown.output


async def test_a_wrong_or_unknown_reference_is_told(site: OpsSite) -> None:
    async with site.running():
        wrong = await relevo("tickets", "show", "482-915-7361", "--url", site.url)
        unknown = await relevo("tickets", "show", reference(3), "--url", site.url)

    assert (wrong.exit_code, unknown.exit_code) == (2, 1)
    assert "this is no reference: ten digits are needed" in wrong.stderr
    assert unknown.stderr == "relevo: There is no ticket with this reference.\n"


async def test_overdue_tickets_say_why(site: OpsSite) -> None:
    async with site.running():
        shown = await relevo("overdue", "--url", site.url)
        told = await relevo("overdue", "--url", site.url, "--json")
    site.reads = FakeReads()
    async with site.running():
        none = await relevo("overdue", "--url", site.url)

    line = next(line for line in shown.output.splitlines() if line.startswith(show_reference(reference(1))))
    assert "acme unavailable" in line
    assert line.endswith("its provider is down")
    assert json.loads(told.output)[0]["seconds_late"] > 0
    assert none.output == "No ticket is overdue.\n"


async def test_takeovers_show_what_was_promised_and_what_happened(site: OpsSite) -> None:
    kept = Takeover("k1", "default", "acme", "norte", NOW, NOW + 1, NOW + 2, NOW + 2.5, 2.8, 5.0, met=True)
    late = replace(kept, id="k2", slowest_ticket=5.25, rescue_bound=7.0, rescued_at=NOW + 4, doubles=2)
    late = replace(late, met=False, failed_assumption="ticket bound exceeded: loop lag")
    site.reads = FakeReads(evidence=[replace(kept, id="k3", to_provider=None, met=None), late, kept])
    async with site.running():
        shown = await relevo("takeovers", "--url", site.url)
        told = await relevo("takeovers", "--url", site.url, "--json")
    site.reads = FakeReads()
    async with site.running():
        none = await relevo("takeovers", "--url", site.url)

    _, running, broken, good = (line.split("  ") for line in shown.output.splitlines())
    start = ["2026-01-01 00:00:02", "default", "acme"]
    assert [cell.strip() for cell in running if cell] == [*start, "nobody", "2.5s of 2.8s", "0", "not over yet"]
    assert [cell.strip() for cell in good if cell] == [*start, "norte", "2.5s of 2.8s", "0", "yes"]
    times = ["2.5s of 2.8s", "5.25s of 5s", "4s of 7s"]
    reason = "ticket bound exceeded: loop lag"
    assert [cell.strip() for cell in broken if cell] == [*start, "norte", *times, "2, withdrawn 0", "no", reason]
    assert [each["id"] for each in json.loads(told.output)] == ["k3", "k2", "k1"]
    assert none.output == "There was no takeover.\n"


async def test_quarantine_is_listed_and_settled(site: OpsSite) -> None:
    async with site.running():
        shown = await relevo("quarantine", "--url", site.url)
        listed = await relevo("quarantine", "list", "--url", site.url)
        told = await relevo("quarantine", "list", "--url", site.url, "--json")
        replayed = await relevo("quarantine", "replay", "q1", "--url", site.url)
        unknown = await relevo("quarantine", "discard", "q9", "--url", site.url)
    site.quarantine = FakeQuarantine({"q1"})
    site.reads = FakeReads()
    async with site.running():
        discarded = await relevo("quarantine", "discard", "q1", "--url", site.url)
        empty = await relevo("quarantine", "--url", site.url)

    assert shown.output == listed.output
    assert shown.output.splitlines()[1].split()[:3] == ["q1", "ticket", show_reference(reference(1))]
    assert json.loads(told.output)[0]["reason"] == "refused by all"
    assert (replayed.exit_code, discarded.exit_code, unknown.exit_code) == (0, 0, 1)
    assert unknown.stderr == "relevo: There is no such item in quarantine.\n"
    assert empty.output == "Quarantine is empty.\n"
    assert [what for what, *_ in site.quarantine.done] == ["discard"]


async def test_mails_in_quarantine_are_shown_with_where_they_came_from(site: OpsSite) -> None:
    item = Quarantined("m1", Kind.MAIL, None, None, "mail", "too deep", 0, NOW, place="imap INBOX\x1b[2J")
    site.reads = FakeReads(items=[item])
    async with site.running():
        shown = await relevo("quarantine", "--url", site.url)
    assert "mail (imap INBOX?[2J)" in shown.output


async def test_mails_are_read_again_all_or_some(site: OpsSite) -> None:
    site.quarantine = FakeQuarantine({"q1"}, mails_left=12)
    async with site.running():
        replayed = await relevo("quarantine", "replay", "--url", site.url, "--channel", "mail", "--reason", "deep")
        none = await relevo("quarantine", "replay", "--url", site.url)
        both = await relevo("quarantine", "replay", "q1", "--url", site.url, "--channel", "mail")
    assert replayed.output == "Mails that are read again: 12\n"
    assert none.output == "Mails that are read again: 0\n"
    assert both.exit_code == 2
    assert "give them without ID" in both.stderr
    assert [detail for _, detail, _ in site.quarantine.done] == ["mail, deep", "None, None"]


async def test_a_mail_in_quarantine_is_written_as_it_came(site: OpsSite) -> None:
    octets = bytes(range(256))
    site.quarantine = FakeQuarantine(mails={"m1": new_mail(content=octets)})
    async with site.running():
        written = await relevo("quarantine", "mail", "m1", "--url", site.url)
        unknown = await relevo("quarantine", "mail", "m2", "--url", site.url)
    assert (written.exit_code, written.stdout_bytes) == (0, octets)
    assert unknown.exit_code == 1
    assert unknown.stderr == "relevo: There is no such item in quarantine.\n"


async def test_reload_tells_the_digest_or_the_problems(site: OpsSite) -> None:
    async with site.running():
        done = await relevo("reload", "--url", site.url)
    site.reloader = FakeReloader(problem="relevo.yaml:3:5: x\nrelevo.yaml:9:1: y")
    async with site.running():
        refused = await relevo("reload", "--url", site.url)

    assert done.output == "The configuration is in force: d1ge57\n"
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[1:] == ["relevo.yaml:3:5: x", "relevo.yaml:9:1: y"]


async def test_a_missing_and_a_wrong_token_are_told(site: OpsSite) -> None:
    async with site.running():
        missing = await relevo("providers", "--url", site.url, token=None)
        wrong = await relevo("providers", "--url", site.url, token="another")
        nowhere = await relevo("providers", "--url", site.url, "--token-env", "NO_SUCH_VARIABLE")
        named = await relevo("providers", "--url", site.url, "--token-env", "RELEVO_TOKEN")

    assert (missing.exit_code, wrong.exit_code, nowhere.exit_code, named.exit_code) == (1, 1, 2, 0)
    assert "a token is needed: give the one that gateway.ops.token names" in missing.stderr
    assert "the token is not the one that gateway.ops.token names" in wrong.stderr
    assert nowhere.stderr == "relevo: the environment variable NO_SUCH_VARIABLE holds no token\n"


@pytest.mark.parametrize("listen", ["127.0.0.1", "0.0.0.0"])
async def test_address_and_token_come_from_the_configuration(site: OpsSite, listen: str, tmp_path: Path) -> None:
    async with site.running():
        port = site.url.rpartition(":")[2]
        ops = ('ops: {listen: "127.0.0.1:0"', f'ops: {{listen: "{listen}:{port}"')
        file = write_configuration(tmp_path, ops)
        shown = await relevo("providers", "-c", str(file))

    assert shown.exit_code == 0, shown.output


def test_a_port_that_only_the_start_chooses_is_not_guessed(tmp_path: Path) -> None:
    result = invoke("providers", "-c", write_configuration(tmp_path))

    assert result.exit_code == 2
    assert "gateway.ops.listen has port 0, any free one: give --url" in result.stderr


def test_a_wrong_configuration_is_told_as_everywhere(tmp_path: Path) -> None:
    file = write_configuration(tmp_path, ("5s", "5"))

    result = invoke("tickets", "-c", file)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"{file}:23:22: policies[0].takeover_within: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("providers",),
        ("tickets",),
        ("tickets", "show", reference(1)),
        ("overdue",),
        ("takeovers",),
        ("quarantine",),
        ("quarantine", "replay", "q1"),
        ("quarantine", "discard", "q1"),
        ("quarantine", "replay"),
        ("quarantine", "mail", "q1"),
        ("reload",),
    ],
)
def test_a_gateway_that_does_not_run_is_told(arguments: tuple[str, ...]) -> None:
    result = invoke(*arguments, "--url", f"http://127.0.0.1:{unused_port()}")

    assert result.exit_code == 1
    assert "is Relevo running there?" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_an_address_without_scheme_is_refused() -> None:
    result = invoke("providers", "--url", "127.0.0.1:8081")

    assert result.exit_code == 2
    assert "an address is needed, such as http://127.0.0.1:8081" in result.stderr


@asynccontextmanager
async def somebody_else() -> AsyncIterator[str]:
    async def welcome(_request: web.Request) -> web.Response:
        return web.Response(text="<h1>It works!</h1>", content_type="text/html")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", welcome)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_another_program_at_the_address_is_told() -> None:
    async with somebody_else() as url:
        result = await relevo("providers", "--url", url)

    assert result.exit_code == 1
    assert result.stderr == "relevo: what answers there is not Relevo's ops API: is the address right?\n"
