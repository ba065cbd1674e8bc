"""Mails that are owed, through real sockets: taken, put off, refused, of unknown fate; and letters to desks."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest

from channels.email.sending.relay import Relay
from channels.email.sending.sender import Sender
from gateway.core.delivery import Kind
from gateway.core.handoff import Outcome
from gateway.core.post import Sent
from gateway.core.provider import ProviderReport, ReportResult, ReportType
from gateway.core.reference import show_reference
from gateway.core.ticket import Attachment, Ticket
from tests.support.answering import ScriptedRelay, answer, files_of, parsed, text_of, way_out
from tests.support.eventually import eventually
from tests.support.mail_channel import ADDRESS, ANA, MailRig, mail_rig
from tests.support.mail_desk import mail_desk
from tests.support.smtp_peers import DROP, Script, SmtpPeer, smtp_peer
from tests.support.tickets import make_case, make_handoff

MIB = 1024 * 1024


def written(subject: str = "La impresora", text: str = "Buenos días: la impresora no va.", **fields: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Ana <{ANA}>", ADDRESS, subject
    mail["Message-ID"] = "<1@client.example>"
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def relay(peer: SmtpPeer) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": peer.port, "security": "none"}


@asynccontextmanager
async def channel(*scripts: Script) -> AsyncIterator[MailRig]:
    """With one relay or two, that follow the scripts."""
    async with smtp_peer(scripts[0]) as first, smtp_peer(scripts[-1]) as second:
        backup = {"backup_smtp": relay(second)} if len(scripts) > 1 else {}
        async with mail_rig(smtp=relay(first), **backup) as rig:
            yield rig


async def work_off(rig: MailRig, kind: Kind) -> None:
    """What of that kind is owed now, or later: the time is set on until it is due."""
    due = await rig.store.next_due(frozenset({kind}))
    assert due is not None
    rig.parts.clock.at = max(rig.parts.clock.at, due)
    for case in await rig.claim(kind):
        await rig.channel.handlers()[kind](case)


async def reply(rig: MailRig, ticket: Ticket, body: str, *files: Attachment) -> None:
    """The desk that has it answers."""
    now = rig.parts.clock.now()
    told = ProviderReport(
        "sur", f"{now}{body}", ReportType.REPLIED, now, ticket.reference, body=body, author="Luz", attachments=files
    )
    assert (await rig.store.report([told]))[0] is ReportResult.APPLIED


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Buenos días: la impresora de la planta no va, y no sé qué hacer.", "Hemos recibido su solicitud"),
        ("Good morning, the printer on our floor is out and I don't know what to do.", "We have your request"),
    ],
    ids=["es", "en"],
)
async def test_a_mail_is_acknowledged_in_its_language_and_its_thread(text: str, words: str) -> None:
    script = Script()
    async with channel(script) as rig:
        assert await rig.take(written(text=text)) == "ticket"
        await work_off(rig, Kind.ACKNOWLEDGEMENT)
        ticket = await rig.ticket()
        assert await rig.store.next_due(frozenset({Kind.ACKNOWLEDGEMENT})) is None
    (arrived,) = script.mails
    mail = parsed(arrived.content)
    assert (arrived.sender, arrived.recipients) == (ADDRESS, (ANA,))
    assert words in text_of(mail)
    assert show_reference(ticket.reference) in mail["Subject"]
    assert mail["In-Reply-To"] == "<1@client.example>"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["Reply-To"].addresses[0].addr_spec == rig.reply_address(ticket)


async def test_what_is_put_off_is_sent_again_byte_for_byte() -> None:
    script = Script(replies={"content": "451 4.7.1 greylisted, try again in 300 seconds"})
    async with channel(script) as rig:
        await rig.take(written())
        before = rig.parts.clock.at
        await work_off(rig, Kind.ACKNOWLEDGEMENT)
        script.replies = {}
        await work_off(rig, Kind.ACKNOWLEDGEMENT)
        assert rig.parts.clock.at - before == pytest.approx(300.0)
        assert await rig.store.next_due(frozenset({Kind.ACKNOWLEDGEMENT})) is None
    first, second = script.mails
    assert first.content == second.content


async def test_a_content_without_an_answer_is_sent_again_under_the_same_message_id() -> None:
    script = Script(replies={"content": DROP})
    async with channel(script) as rig:
        await rig.take(written())
        await work_off(rig, Kind.ACKNOWLEDGEMENT)
        script.replies = {}
        await work_off(rig, Kind.ACKNOWLEDGEMENT)
        assert await rig.quarantined() == []
    first, second = (parsed(each.content) for each in script.mails)
    assert first["Message-ID"] == second["Message-ID"]


async def test_what_one_relay_refuses_the_other_takes() -> None:
    first, second = Script(replies={"RCPT": "550 5.7.1 relaying denied"}), Script()
    async with channel(first, second) as rig:
        await rig.take(written())
        await work_off(rig, Kind.ACKNOWLEDGEMENT)
        assert await rig.quarantined() == []
    assert (len(first.mails), len(second.mails)) == (0, 1)


async def test_what_both_refuse_is_for_a_person_and_can_be_sent_again() -> None:
    scripts = [Script(replies={"RCPT": f"550 5.1.1 <{ANA}> unknown"}) for _ in range(2)]
    async with channel(*scripts) as rig:
        await rig.take(written())
        await work_off(rig, Kind.ACKNOWLEDGEMENT)
        (held,) = await rig.quarantined()
        assert held.reason == "refused, recipient: 5.1.1 <address> unknown"
        scripts[0].replies = {}
        assert await rig.store.release(held.id, rig.parts.clock.at, "operations")
        await work_off(rig, Kind.ACKNOWLEDGEMENT)
    assert len(scripts[0].mails) == 1


async def test_an_answer_with_its_files_reaches_the_requester_from_the_constant_address() -> None:
    script = Script()
    async with channel(script) as rig:
        await rig.take(written())
        ticket = await rig.ticket()
        await rig.hand_over(ticket)
        blob = await rig.parts.blobs.put(_one(b"%PDF \0\xff\r\n.\r\n"), 1000)
        await reply(
            rig, ticket, "Reinicie.\n.\nY ya.", Attachment("guía.pdf", "application/pdf", blob.size, blob.digest)
        )
        await work_off(rig, Kind.ANSWER)
    mail = parsed(script.mails[0].content)
    assert mail["From"].addresses[0].addr_spec == ADDRESS
    assert text_of(mail).startswith("Reinicie.\n.\nY ya.\n")
    assert files_of(mail) == {"guía.pdf": b"%PDF \0\xff\r\n.\r\n"}


async def test_t23_a_subject_from_outside_begins_no_header_on_its_way_back() -> None:
    hostile = "=?utf-8?q?x=0D=0ABcc:_eve=40x.example=0D=0A=0D=0Abody?="
    script = Script()
    async with channel(script) as rig:
        content = written(Subject_="").replace(b"Subject: La impresora", b"Subject: " + hostile.encode())
        await rig.take(content)
        await work_off(rig, Kind.ACKNOWLEDGEMENT)
    (arrived,) = script.mails
    mail = parsed(arrived.content)
    assert arrived.recipients == (ANA,)
    assert mail["Bcc"] is None
    assert "eve@x.example" in mail["Subject"]


async def test_a_desks_letter_is_the_same_on_every_try_and_its_files_go_along() -> None:
    script = Script(replies={"content": DROP})
    async with mail_desk(script, timeout="5s") as desk:
        case = make_case(subject="x\r\nBcc: eve@x.example")
        file = desk.way.keep(b"\0" * 3000, "foto.png", "image/png")
        case = replace(case, messages=(replace(case.messages[0], attachments=(file,)),))
        handoff = make_handoff(case, "sur")
        assert (await desk.provider.create(case, handoff)).outcome is Outcome.UNKNOWN
        script.replies = {}
        assert (await desk.provider.create(case, replace(handoff, attempts=2))).outcome is Outcome.ACCEPTED
    first, second = script.mails
    assert first.content == second.content
    assert parsed(first.content)["Bcc"] is None
    assert files_of(parsed(first.content)) == {"foto.png": b"\0" * 3000}


async def test_a_desk_that_must_acknowledge_has_the_ticket_once_it_did() -> None:
    async with mail_desk(accepted="acknowledgement", timeout="5s") as desk:
        case = make_case()
        handoff = make_handoff(case, "sur")
        attempt = asyncio.create_task(desk.provider.create(case, handoff))
        await eventually(desk.still_without_mail, within=5.0)
        assert not attempt.done()
        desk.way.post.heard("sur", handoff.id)
        assert (await attempt).outcome is Outcome.ACCEPTED


async def test_a_large_file_is_sent_within_bounds_of_memory() -> None:
    """A mail of 27 MB: its file, its encoded form, and what is on the wire."""
    async with _sink() as (port, taken):
        sender = Sender(Relay("127.0.0.1", port, "gateway.example.org"))
        async with way_out(sender) as way:
            case = answer("Vea esto.", way.keep(bytes(range(256)) * (20 * MIB // 256), "vídeo.mp4"))
            tracemalloc.start()
            try:
                await way.answers.answer(case)
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
                await sender.close()
        assert way.store.finished
    assert taken[0] > 27 * MIB
    assert peak < 120 * MIB, f"{peak / MIB:.0f} MiB"


async def test_large_mails_wait_for_each_other() -> None:
    """Of many at once few are held in memory."""

    class Slow(ScriptedRelay):
        most = now = 0
        pair = asyncio.Barrier(2)

        async def send(self, envelope_from: str, recipients: Any, content: bytes) -> Any:
            self.now += 1
            self.most = max(self.most, self.now)
            async with asyncio.timeout(30):
                await self.pair.wait()
            await asyncio.sleep(0.01)  # a third would be there by now
            self.now -= 1
            return Sent("queued")

    relay = Slow()
    async with way_out(relay) as way:
        cases = [answer("Vea esto.", way.keep(b"x" * 2 * MIB)) for _ in range(6)]
        await asyncio.gather(*map(way.answers.answer, cases))
    assert len(way.store.finished) == 6
    assert relay.most == 2


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content


@asynccontextmanager
async def _sink() -> AsyncIterator[tuple[int, list[int]]]:
    """A server that keeps nothing of a mail but its size."""
    taken: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink.example\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                size, end = 0, b""
                while end != b"\r\n.\r\n":
                    piece = await reader.read(65_536)
                    size, end = size + len(piece), (end + piece)[-5:]
                taken.append(size)
            writer.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 OK\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], taken
