"""Text messages that come in, through the real listener: signed as Twilio does, made tickets once, whatever happens."""

import asyncio
from dataclasses import replace

import pytest

from channels.phone.messaging.service import Service
from channels.phone.messaging.threading import WITHIN
from channels.phone.messaging.words import MOST_MESSAGES
from gateway.core.delivery import Kind
from gateway.core.events import TextFilesMissed, TextsStopped, TextsWanted
from gateway.core.reference import new_reference, show_reference
from gateway.core.ticket import InboundMessage, TicketState
from tests.support.text_rig import ANA, NAME, NUMBER, TextRig, text_rig
from tests.support.twilio_api import Served, fake_twilio, sid

BEA = "+34600111333"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


async def _bodies(rig: TextRig) -> list[list[str]]:
    """Of each ticket's messages, the newest ticket first."""
    return [[each.body for each in await rig.messages(ticket)] for ticket in await rig.tickets()]


class TestTickets:
    async def test_a_message_is_a_ticket_and_is_answered_with_nothing(self) -> None:
        async with text_rig() as rig:
            answer = await rig.answer(rig.webhook("Buenos días, no me funciona el correo"))
            assert b"200 OK" in answer
            assert answer.endswith(b"<Response/>")
            assert not await rig.tickets()
            await rig.do(Kind.CALL)
            (ticket,) = await rig.tickets()
            assert (ticket.channel, ticket.subject) == (NAME, "Buenos días, no me funciona el correo")
            assert (ticket.requester.phone, ticket.answer_by, ticket.language) == (ANA, NAME, "es")
            assert ticket.metadata == {"number": NUMBER, "sender": "not proved"}
            assert not rig.twilio.requests

    async def test_whatsapp_has_names_and_places(self) -> None:
        async with text_rig(Service.WHATSAPP) as rig:
            place = {"Latitude": "40.4", "Longitude": "-3.7", "Address": "Calle Mayor 1"}
            ticket = await rig.ticket("", ProfileName="Ana Pérez", **place)
            assert (ticket.requester.name, ticket.requester.phone) == ("Ana Pérez", ANA)
            assert ticket.metadata == {"number": f"whatsapp:{NUMBER}"}
            assert await _bodies(rig) == [
                ["(Este mensaje no tiene texto.)\n\n[El remitente está aquí: 40.4, -3.7, Calle Mayor 1]"]
            ]

    async def test_t13_fifty_at_once_and_replays_for_ever_make_one_ticket(self) -> None:
        async with text_rig() as rig:
            post = rig.webhook()
            codes = await asyncio.gather(*(rig.post(post) for _ in range(50)))
            assert set(codes) == {200}
            assert await rig.do(Kind.CALL) == 1
            rig.parts.clock.at += 400 * 86_400
            assert await rig.post(post) == 200
            assert await rig.do(Kind.CALL) == 0
            assert await _bodies(rig) == [["No me funciona el correo"]]

    async def test_only_twilio_is_believed(self) -> None:
        async with text_rig() as rig:
            unsigned, forged, other = rig.webhook(), rig.webhook(), rig.webhook(AccountSid="AC" + "f" * 32)
            del unsigned.headers["X-Twilio-Signature"]
            forged.body = forged.body.replace(b"correo", b"ordenador")
            assert [await rig.post(each) for each in (unsigned, forged, other)] == [403, 403, 403]
            assert await rig.do(Kind.CALL) == 0

    async def test_what_tells_of_a_text_of_ours_opens_no_ticket(self) -> None:
        async with text_rig() as rig:
            assert await rig.post(rig.webhook("", MessageStatus="delivered")) == 200
            assert await rig.do(Kind.CALL) == 0

    async def test_we_dont_write_to_ourselves(self) -> None:
        async with text_rig(acknowledge=True) as rig:
            ticket = await rig.ticket("eco", sender=NUMBER)
            assert ticket.answer_by is None
            assert await rig.do(Kind.ACKNOWLEDGEMENT) == 0

    async def test_a_crash_half_way_makes_nothing_twice(self) -> None:
        """The message was taken in, and the gateway died before it could say so."""
        async with text_rig() as rig:
            await rig.post(rig.webhook())
            (case,) = await rig.parts.claim(Kind.CALL)
            await rig.channel.handlers()[Kind.CALL](replace(case, delivery=replace(case.delivery, epoch=0)))
            assert len(await rig.tickets()) == 1
            assert await rig.later(3600, Kind.CALL) == 1
            assert await _bodies(rig) == [["No me funciona el correo"]]
            assert await rig.later(3600, Kind.CALL) == 0

    async def test_a_store_that_is_away_half_way_delays_it_by_seconds(self) -> None:
        async with text_rig() as rig:
            await rig.post(rig.webhook())
            rig.door.shut = True
            await rig.do(Kind.CALL)
            rig.door.shut = False
            assert await rig.later(5, Kind.CALL) == 1
            assert await _bodies(rig) == [["No me funciona el correo"]]
            assert await rig.later(3600, Kind.CALL) == 0


class TestThreading:
    """Each row of the rule, over what the store has."""

    async def test_one_open_ticket_is_joined_and_a_resolved_one_is_not(self) -> None:
        async with text_rig() as rig:
            first = await rig.ticket("No me funciona el correo")
            await rig.text("Es el de la oficina")
            await rig.text("Otra cosa", sender=BEA)
            assert await _bodies(rig) == [["Otra cosa"], ["No me funciona el correo", "Es el de la oficina"]]
            await rig.resolve(first)
            await rig.text("Ahora no imprime")
            assert len(await rig.tickets()) == 3

    async def test_of_several_the_one_that_was_written_in_last_is_joined_for_a_week(self) -> None:
        async with text_rig() as rig:
            first = await rig.ticket("No me funciona el correo")
            await rig.resolve(first)
            rig.parts.clock.at += 60
            second = await rig.ticket("Ahora no imprime")
            rig.parts.clock.at += 60
            await rig.text(f"Lo del correo sigue igual, {show_reference(first.reference)}")
            assert [each.state for each in await rig.tickets()] == [TicketState.WAITING, TicketState.HANDED_OFF]
            await rig.text("¿Hay novedades?")
            assert len(await rig.messages(first)) == 3
            assert len(await rig.messages(second)) == 1
            rig.parts.clock.at += 60
            await rig.reply(second, "Ya imprime.")
            rig.parts.clock.at += 60
            await rig.text("Gracias")
            assert [each.body for each in await rig.messages(second)][-1] == "Gracias"
            rig.parts.clock.at += WITHIN + 1
            await rig.text("Una cosa nueva")
            assert len(await rig.tickets()) == 3

    async def test_a_reference_of_somebody_elses_ticket_only_links(self) -> None:
        async with text_rig() as rig:
            theirs = await rig.ticket("No me funciona el correo")
            mine = await rig.ticket(f"¿Qué pasa con {theirs.reference}?", sender=BEA)
            assert mine.metadata["linked"] == theirs.reference
            assert len(await rig.messages(theirs)) == 1
            await rig.resolve(mine)
            nobodys = new_reference()
            assert "linked" not in (await rig.ticket(f"¿Y con {nobodys}?", sender=BEA)).metadata

    async def test_two_at_once_open_one_ticket(self) -> None:
        async with text_rig() as rig:
            for body in ("Hola", "No me funciona el correo"):
                await rig.post(rig.webhook(body))
            cases = await rig.parts.claim(Kind.CALL)
            await asyncio.gather(*(rig.channel.handlers()[Kind.CALL](case) for case in cases))
            assert await _bodies(rig) == [["Hola", "No me funciona el correo"]]

    async def test_who_has_no_number_never_joins(self) -> None:
        async with text_rig() as rig:
            await rig.text("Su código es 1234", sender="BANCO")
            await rig.text("Su código es 5678", sender="BANCO")
            assert [ticket.answer_by for ticket in await rig.tickets()] == [None, None]

    async def test_a_full_ticket_is_followed_by_another_that_is_linked(self) -> None:
        async with text_rig() as rig:
            first = await rig.ticket()
            another = InboundMessage(channel=NAME, body="más", ticket_id=first.id)
            for _ in range(MOST_MESSAGES - 1):
                await rig.parts.context.intake.receive(another)
            second = await rig.ticket("Y otra más")
            assert second.id != first.id
            assert second.metadata["linked"] == first.reference


class TestWishes:
    @pytest.mark.parametrize("word", ["BAJA", "Stop", "darme de baja"])
    async def test_who_wants_no_more_is_no_ticket(self, word: str) -> None:
        async with text_rig() as rig:
            assert await rig.text(word) is None
            assert await rig.store.opted_out(NAME, ANA)
            assert rig.parts.heard.of(TextsStopped) == [TextsStopped(at=rig.parts.clock.now(), channel=NAME)]

    async def test_alta_reverses_it_and_means_nothing_else(self) -> None:
        async with text_rig() as rig:
            await rig.text("BAJA")
            rig.parts.clock.at += 60
            assert await rig.text("ALTA") is None
            assert not await rig.store.opted_out(NAME, ANA)
            assert len(rig.parts.heard.of(TextsWanted)) == 1
            assert await rig.text("ALTA") is not None

    async def test_who_stopped_can_still_write(self) -> None:
        async with text_rig() as rig:
            await rig.text("BAJA")
            await rig.text("No me funciona el correo")
            assert len(await rig.tickets()) == 1
            assert await rig.store.opted_out(NAME, ANA)

    async def test_t13_a_replayed_start_brings_no_messages_back(self) -> None:
        async with text_rig() as rig:
            await rig.text("BAJA")
            start = rig.webhook("ALTA")
            rig.parts.clock.at += 60
            await rig.post(start)
            await rig.do(Kind.CALL)
            rig.parts.clock.at += 60
            await rig.text("BAJA")
            assert await rig.store.opted_out(NAME, ANA)
            rig.parts.clock.at += 60
            assert await rig.post(start) == 200
            await rig.do(Kind.CALL)
            assert await rig.store.opted_out(NAME, ANA)


class TestFiles:
    @staticmethod
    async def _with_files(rig: TextRig, *served: Served, body: str = "Mire", count: int | None = None) -> str:
        """A message that has come; its SID."""
        message_sid = sid("MM")
        for each in served:
            rig.twilio.with_file(message_sid, each)
        form = {"MessageSid": message_sid, "NumMedia": str(len(served) if count is None else count)}
        assert await rig.post(rig.webhook(body, **form)) == 200
        return message_sid

    async def test_files_are_attachments_of_its_message(self) -> None:
        async with text_rig() as rig:
            await self._with_files(rig, Served(PNG, "image/png"), Served(b"%PDF-1.7", "application/pdf"))
            await rig.do(Kind.CALL)
            ((message,),) = [await rig.messages(ticket) for ticket in await rig.tickets()]
            assert [(each.name, each.media_type) for each in message.attachments] == [
                ("foto-1.png", "image/png"),
                ("archivo-2.pdf", "application/pdf"),
            ]
            assert rig.parts.blobs.contents[message.attachments[0].digest] == PNG
            assert message.body == "Mire"

    async def test_the_webhook_is_answered_whatever_the_files_do(self) -> None:
        async with text_rig() as rig:
            rig.twilio.slow = 30
            async with asyncio.timeout(1):
                await self._with_files(rig, Served(PNG, "image/png"))
            assert not rig.twilio.requests

    async def test_a_message_waits_for_its_files_and_then_goes_on_without_them(self) -> None:
        async with text_rig() as rig:
            began = rig.parts.clock.now()
            message_sid = await self._with_files(rig, count=1)
            await rig.do(Kind.CALL)
            assert not await rig.tickets()
            await rig.later(125, Kind.CALL)
            (ticket,) = await rig.tickets()
            assert ticket.received_at == began
            assert "aún no han llegado: 1" in (await _bodies(rig))[0][0]
            rig.twilio.with_file(message_sid, Served(PNG, "image/png"))
            await rig.later(900, Kind.CALL)
            first, late = await rig.messages(ticket)
            assert not first.attachments
            assert [each.name for each in late.attachments] == ["foto-1.png"]
            assert await rig.later(86_400, Kind.CALL) == 0

    async def test_files_that_cant_be_had_are_missed_and_said_so(self) -> None:
        async with text_rig() as rig:
            await self._with_files(rig, Served(PNG, "image/png"), Served(b"MZ", "application/x-msdownload"))
            await rig.do(Kind.CALL)
            ((message,),) = [await rig.messages(ticket) for ticket in await rig.tickets()]
            assert len(message.attachments) == 1
            assert message.body == "Mire\n\n[Archivos de este mensaje que no se han podido recoger: 1.]"
            (missed,) = rig.parts.heard.of(TextFilesMissed)
            assert (missed.files, missed.reason) == (1, "it is of a type that isn't taken")

    async def test_files_that_never_come_are_given_up_after_a_day(self) -> None:
        async with text_rig() as rig:
            await self._with_files(rig, count=1)
            await rig.later(125, Kind.CALL)
            await rig.later(86_400, Kind.CALL)
            assert [each.files for each in rig.parts.heard.of(TextFilesMissed)] == [1]
            assert await rig.later(86_400, Kind.CALL) == 0

    async def test_few_messages_files_are_fetched_at_once_so_that_others_go_on(self) -> None:
        async with text_rig() as rig:
            for each in range(4):
                rig.parts.clock.at += 1
                await self._with_files(rig, Served(PNG, "image/png"), body=str(each))
            cases = await rig.parts.claim(Kind.CALL)
            await asyncio.gather(*(rig.channel.handlers()[Kind.CALL](case) for case in cases))
            assert [sorted(bodies) for bodies in await _bodies(rig)] == [["0", "1", "2"]]
            await rig.later(5, Kind.CALL)
            assert [bodies[-1] for bodies in await _bodies(rig)] == ["3"]

    async def test_twilio_away_delays_files_and_loses_none(self) -> None:
        async with text_rig() as rig:
            await self._with_files(rig, Served(PNG, "image/png"))
            rig.twilio.retry_after = 5
            await rig.do(Kind.CALL)
            assert not await rig.tickets()
            rig.twilio.retry_after = None
            await rig.later(10, Kind.CALL)
            ((message,),) = [await rig.messages(ticket) for ticket in await rig.tickets()]
            assert len(message.attachments) == 1

    async def test_those_of_messages_missed_for_days_are_waited_for_as_long(self) -> None:
        async with text_rig() as rig:
            await rig.catch_up()
            for second in range(4):
                made = rig.twilio.message(rig.parts.clock.now() + second, num_media="1")
                rig.twilio.with_file(made["sid"], Served(PNG, "image/png"))
            rig.parts.clock.at += 3 * 86_400
            await rig.catch_up()
            cases = await rig.parts.claim(Kind.CALL)
            await asyncio.gather(*(rig.channel.handlers()[Kind.CALL](case) for case in cases))
            assert await rig.later(5, Kind.CALL) == 1
            assert not rig.parts.heard.of(TextFilesMissed)
            ((*messages,),) = [await rig.messages(ticket) for ticket in await rig.tickets()]
            assert [len(each.attachments) for each in messages] == [1, 1, 1, 1]

    async def test_t09_no_address_that_a_webhook_names_is_asked(self) -> None:
        async with text_rig() as rig, fake_twilio(rig.parts.clock) as inner:
            inner.files["/secret"] = Served(b"key", "image/png")
            form = {"NumMedia": "1", "MediaUrl0": f"{inner.url}/secret", "MediaContentType0": "image/png"}
            await rig.post(rig.webhook("Mire", **form))
            await rig.later(125, Kind.CALL)
            assert not inner.requests
            assert not rig.parts.blobs.contents
            assert len(await rig.tickets()) == 1

    async def test_t10_a_redirect_leads_neither_credentials_nor_us_elsewhere(self) -> None:
        async with text_rig() as rig, fake_twilio(rig.parts.clock) as inner:
            inner.files["/secret"] = Served(b"key", "image/png")
            await self._with_files(rig, Served(media_type="image/png", location=f"{inner.url}/secret"))
            await rig.do(Kind.CALL)
            assert not inner.requests
            assert not rig.parts.blobs.contents
            assert [each.reason for each in rig.parts.heard.of(TextFilesMissed)] == [
                "it is redirected to a place that isn't a store of Twilio's"
            ]


class TestMissed:
    """What came while nobody could be told of it."""

    async def test_nothing_is_answered_yes_that_is_not_kept(self) -> None:
        async with text_rig() as rig:
            rig.door.shut = True
            assert await rig.post(rig.webhook()) == 503

    async def test_what_could_not_be_kept_is_looked_for_soon(self) -> None:
        async with text_rig() as rig:
            running = asyncio.create_task(rig.channel.run())
            await asyncio.wait_for(rig.door.looked.wait(), 5)
            rig.door.looked.clear()
            rig.parts.clock.at += 60
            rig.door.shut = True
            await rig.post(rig.webhook())
            await asyncio.wait_for(rig.door.looked.wait(), 30)
            running.cancel()

    async def test_what_was_missed_is_found_in_twilios_list_once_and_in_order(self) -> None:
        async with text_rig() as rig:
            await rig.catch_up()
            await rig.text(
                "Esta sí llegó", MessageSid=rig.twilio.message(rig.parts.clock.now(), body="Esta sí llegó")["sid"]
            )
            began = rig.parts.clock.now()
            for second, body in enumerate(("Y esta", "no llegó")):
                rig.twilio.message(began + 60 + second, body=body)
            rig.twilio.message(began + 61, body="nuestra", direction="outbound-api")
            rig.twilio.message(began + 61, body="de otro", to="+34910000009")
            rig.twilio.message(began + 61, body="de whatsapp", **{"from": f"whatsapp:{ANA}"}, to=f"whatsapp:{NUMBER}")
            rig.parts.clock.at += 3600
            await rig.catch_up()
            assert await rig.do(Kind.CALL) == 2
            assert await _bodies(rig) == [["Esta sí llegó", "Y esta", "no llegó"]]
            assert [each.at - began for each in (await rig.messages((await rig.tickets())[0]))[1:]] == [60, 61]
            rig.parts.clock.at += 60
            await rig.catch_up()
            assert await rig.do(Kind.CALL) == 0

    async def test_a_clock_that_was_an_hour_fast_at_the_start_misses_none(self) -> None:
        async with text_rig() as rig:
            rig.parts.clock.wall_drift = -3600.0
            await rig.catch_up()
            rig.parts.clock.at += 300
            came_at = rig.parts.clock.now() - 60
            rig.twilio.message(came_at - 3600)
            await rig.catch_up()
            assert (await rig.do(Kind.CALL), (await rig.tickets())[0].received_at) == (1, came_at)

    async def test_what_came_before_the_first_start_is_left_alone(self) -> None:
        async with text_rig() as rig:
            rig.twilio.message(rig.parts.clock.now() - 60)
            await rig.catch_up()
            assert await rig.do(Kind.CALL) == 0

    async def test_a_webhook_after_the_list_changes_nothing(self) -> None:
        async with text_rig() as rig:
            await rig.catch_up()
            made = rig.twilio.message(rig.parts.clock.now() + 1, body="Hola")
            rig.parts.clock.at += 60
            await rig.catch_up()
            assert await rig.post(rig.webhook("Hola", MessageSid=made["sid"])) == 200
            assert await rig.do(Kind.CALL) == 1
            assert len(await rig.tickets()) == 1
