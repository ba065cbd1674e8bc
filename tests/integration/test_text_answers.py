"""Texts that go out: what desks answer, and that a message has come; each once, only to whom it may go, and what
becomes of it is known. Twilio's REST API is on this machine; its status callbacks come through the real listener."""

import asyncio
from dataclasses import replace

import pytest

from channels.phone.messaging.outcomes import LOOK_AFTER, SETTLED
from channels.phone.messaging.service import Service
from channels.phone.messaging.splitting import LONGEST, length
from channels.phone.twilio.rest import API
from gateway.core.delivery import Kind
from gateway.core.events import ChannelRecovered, ChannelTroubled, TextDelivered, TextFailed, TextSent
from gateway.core.reference import show_reference
from gateway.core.sending_again import GIVEN_UP_AFTER
from gateway.core.ticket import Attachment, Ticket
from tests.support.clock import SetClock
from tests.support.text_rig import ANA, NAME, NUMBER, TextRig, text_rig
from tests.support.twilio_api import AUTH_TOKEN

FRANCE = "+33612345678"
PREMIUM = "+34803112233"


async def _answered(rig: TextRig, body: str = "Pruebe ahora.", sender: str = ANA) -> Ticket:
    """A ticket whose desk has answered; the answer is owed."""
    ticket = await rig.ticket("No me funciona el correo", sender=sender)
    await rig.reply(ticket, body)
    return ticket


def _posts(rig: TextRig) -> int:
    """How often Twilio was asked to send something."""
    return sum(each.method == "POST" for each in rig.twilio.requests)


async def _reasons(rig: TextRig) -> list[str]:
    return [each.reason for each in await rig.quarantined()]


class TestAnswers:
    async def test_an_answer_goes_to_the_requester_from_the_number_that_was_written_to(self) -> None:
        async with text_rig(numbers=["+34910000001", NUMBER]) as rig:
            ticket = await _answered(rig)
            assert await rig.do(Kind.ANSWER) == 1
            (sent,) = rig.sent
            assert (sent["from"], sent["to"]) == (NUMBER, ANA)
            assert sent["body"] == f"Pruebe ahora.\n\nReferencia {show_reference(ticket.reference)}"
            (told,) = rig.parts.heard.of(TextSent)
            assert (told.ticket_id, told.reference, told.channel) == (ticket.id, ticket.reference, NAME)
            assert await rig.later(86_400, Kind.ANSWER) == 0
            assert "sur" not in sent["body"]

    async def test_whatsapp_answers_go_by_whatsapp(self) -> None:
        async with text_rig(Service.WHATSAPP) as rig:
            await _answered(rig)
            await rig.do(Kind.ANSWER)
            assert (rig.sent[0]["from"], rig.sent[0]["to"]) == (f"whatsapp:{NUMBER}", f"whatsapp:{ANA}")

    async def test_a_long_answer_is_cut_with_the_page_or_comes_in_parts(self) -> None:
        async with text_rig(pages=True) as rig:
            ticket = await _answered(rig, "palabra " * 500)
            await rig.do(Kind.ANSWER)
            (sent,) = rig.sent
            assert length(sent["body"]) <= LONGEST
            assert str(replace(rig.parts.context, pages=True).page_of(ticket.id)) in sent["body"]
        async with text_rig() as rig:
            await _answered(rig, "palabra " * 500)
            await rig.do(Kind.ANSWER)
            assert [each["body"][:6] for each in rig.sent] == ["(1/3) ", "(2/3) ", "(3/3) "]

    async def test_files_of_an_answer_are_on_the_page(self) -> None:
        async with text_rig(pages=True) as rig:
            ticket = await rig.ticket()
            await rig.reply(ticket, "Siga la guía.", Attachment("guía.pdf", "application/pdf", 3, "d" * 64))
            await rig.do(Kind.ANSWER)
            assert "Los archivos (1) están aquí: http://127.0.0.1:8080/t/" in rig.sent[0]["body"]

    async def test_what_is_too_long_without_a_page_is_for_a_person(self) -> None:
        async with text_rig() as rig:
            await _answered(rig, "palabra " * 4000)
            await rig.do(Kind.ANSWER)
            assert "too long for text messages" in (await _reasons(rig))[0]
            assert not rig.sent


class TestOnce:
    @pytest.mark.parametrize("fault", ["fails_after_commit", "drops_after_commit"])
    async def test_what_twilio_took_without_saying_so_is_not_sent_again(self, fault: str) -> None:
        async with text_rig() as rig:
            await _answered(rig)
            setattr(rig.twilio, fault, True)
            await rig.do(Kind.ANSWER)
            assert len(rig.sent) == 1
            assert not rig.parts.heard.of(TextSent)
            setattr(rig.twilio, fault, False)
            assert await rig.later(LOOK_AFTER, Kind.ANSWER) == 1
            assert len(rig.sent) == 1
            assert len(rig.parts.heard.of(TextSent)) == 1
            assert await rig.later(86_400, Kind.ANSWER) == 0

    async def test_what_it_never_took_is_sent_again_once_its_lists_are_sure(self) -> None:
        async with text_rig() as rig:
            await _answered(rig)
            rig.twilio.fails_after_commit = True
            await rig.do(Kind.ANSWER)
            rig.twilio.fails_after_commit = False
            rig.twilio.messages.clear()
            await rig.later(LOOK_AFTER, Kind.ANSWER)
            assert not rig.sent
            await rig.later(SETTLED, Kind.ANSWER)
            assert len(rig.sent) == 1
            assert await rig.later(86_400, Kind.ANSWER) == 0

    async def test_a_status_callback_is_witness_enough(self) -> None:
        async with text_rig() as rig:
            await _answered(rig)
            rig.twilio.fails_after_commit = True
            await rig.do(Kind.ANSWER)
            assert await rig.tell(rig.sent[0], "sent") == 200
            rig.twilio.fails_after_commit = False
            rig.twilio.requests.clear()
            assert await rig.later(LOOK_AFTER, Kind.ANSWER) == 1
            assert not rig.twilio.requests
            assert await rig.later(86_400, Kind.ANSWER) == 0
            assert len(rig.parts.heard.of(TextSent)) == 1

    async def test_what_is_found_undelivered_comes_before_a_person_too(self) -> None:
        async with text_rig() as rig:
            await _answered(rig)
            rig.twilio.fails_after_commit = True
            await rig.do(Kind.ANSWER)
            rig.twilio.fails_after_commit = False
            rig.twilio.messages[0]["status"] = "undelivered"
            await rig.later(LOOK_AFTER, Kind.ANSWER)
            assert len(rig.parts.heard.of(TextFailed)) == 1
            assert await rig.do(Kind.ANSWER) == 1
            assert await _reasons(rig) == ["it was not delivered, and Twilio doesn't say why"]

    async def test_a_clock_that_was_an_hour_fast_at_the_start_finds_it_too(self) -> None:
        async with text_rig() as rig:
            await _answered(rig)
            rig.parts.clock.wall_drift = -3600.0
            rig.twilio.clock = SetClock(rig.parts.clock.at - 3600)
            rig.twilio.fails_after_commit = True
            await rig.do(Kind.ANSWER)
            rig.twilio.fails_after_commit = False
            await rig.later(SETTLED, Kind.ANSWER)
            assert len(rig.sent) == 1

    async def test_two_who_send_the_same_at_once_send_it_once(self) -> None:
        """Two gateways, one of which had stopped until its lease was over: both have read the text as it was."""
        async with text_rig() as rig:
            await _answered(rig)
            rig.twilio.retry_after = 1
            await rig.do(Kind.ANSWER)
            rig.twilio.retry_after = None
            rig.parts.clock.at += 60
            (case,) = await rig.parts.claim(Kind.ANSWER)
            await asyncio.gather(*(rig.channel.handlers()[Kind.ANSWER](case) for _ in range(2)))
            assert len(rig.sent) == 1
            assert await rig.later(3600, Kind.ANSWER) <= 1
            assert len(rig.sent) == 1

    async def test_a_crash_after_asking_asks_no_second_time(self) -> None:
        """The gateway was killed between Twilio's yes and its own noting it: the next finds the text being ordered."""
        async with text_rig() as rig:
            await _answered(rig)
            (case,) = await rig.parts.claim(Kind.ANSWER)
            rig.door.closes_after = 1
            with pytest.raises(OSError, match="killed"):
                await rig.channel.handlers()[Kind.ANSWER](case)
            rig.door.closes_after = None
            assert len(rig.sent) == 1
            assert await rig.later(3600, Kind.ANSWER) == 1
            assert len(rig.sent) == 1
            assert await rig.later(86_400, Kind.ANSWER) == 0

    async def test_the_same_words_twice_are_two_messages(self) -> None:
        async with text_rig() as rig:
            ticket = await _answered(rig, "Hecho.")
            await rig.do(Kind.ANSWER)
            await rig.reply(ticket, "Hecho.")
            rig.twilio.fails_after_commit = True
            await rig.do(Kind.ANSWER)
            assert len(rig.sent) == 2
            rig.twilio.messages.pop(0)  # the second was never taken: the first must not be taken for it
            rig.twilio.fails_after_commit = False
            await rig.later(SETTLED, Kind.ANSWER)
            assert len(rig.sent) == 2

    async def test_parts_that_are_there_are_not_sent_again(self) -> None:
        async with text_rig() as rig:
            await _answered(rig, "palabra " * 500)
            rig.twilio.takes_only = 1
            await rig.do(Kind.ANSWER)
            assert len(rig.sent) == 1
            rig.twilio.takes_only = None
            await rig.later(60, Kind.ANSWER)
            assert [each["body"][:6] for each in rig.sent] == ["(1/3) ", "(2/3) ", "(3/3) "]

    async def test_nothing_is_sent_that_is_not_on_disk_and_it_is_tried_soon_again(self) -> None:
        async with text_rig() as rig:
            await _answered(rig)
            rig.door.shut = True
            await rig.do(Kind.ANSWER)
            assert not rig.sent
            rig.door.shut = False
            assert await rig.later(15, Kind.ANSWER) == 1
            assert len(rig.sent) == 1


class TestBusyAndRefused:
    async def test_busy_is_obeyed_and_the_trouble_is_told_once(self) -> None:
        async with text_rig() as rig:
            await _answered(rig)
            rig.twilio.retry_after = 7
            await rig.do(Kind.ANSWER)
            assert await rig.later(6, Kind.ANSWER) == 0
            assert await rig.later(1, Kind.ANSWER) == 1
            rig.twilio.retry_after = None
            await rig.later(7, Kind.ANSWER)
            assert len(rig.sent) == 1
            await asyncio.sleep(0.01)
            assert [each.part for each in rig.parts.heard.of(ChannelTroubled)] == [API]
            assert [each.part for each in rig.parts.heard.of(ChannelRecovered)] == [API]

    async def test_it_is_given_up_after_five_days(self) -> None:
        async with text_rig() as rig:
            await _answered(rig)
            rig.twilio.retry_after = 1
            await rig.do(Kind.ANSWER)
            await rig.later(GIVEN_UP_AFTER, Kind.ANSWER)
            assert await _reasons(rig) == ["not taken for five days, it answered 429 (20429)"]

    async def test_who_told_twilio_stop_gets_nothing_more(self) -> None:
        async with text_rig() as rig:
            ticket = await _answered(rig)
            rig.twilio.refuses_with = 21610
            await rig.do(Kind.ANSWER)
            assert await _reasons(rig) == ["the requester has told Twilio STOP (Twilio 21610)"]
            assert await rig.store.opted_out(NAME, ANA)
            posts = _posts(rig)
            await rig.reply(ticket, "¿Sigue ahí?")
            await rig.do(Kind.ANSWER)
            assert _posts(rig) == posts
            assert len(await _reasons(rig)) == 2

    async def test_whatsapps_closed_window_is_said_in_words(self) -> None:
        async with text_rig(Service.WHATSAPP) as rig:
            await _answered(rig)
            rig.twilio.refuses_with = 63016
            await rig.do(Kind.ANSWER)
            (reason,) = await _reasons(rig)
            assert reason.startswith("more than 24 hours have passed since the requester last wrote")

    async def test_what_a_person_has_done_again_is_sent_again(self) -> None:
        async with text_rig() as rig:
            await _answered(rig)
            rig.twilio.refuses_with = 21211
            await rig.do(Kind.ANSWER)
            rig.twilio.refuses_with = None
            (item,) = await rig.quarantined()
            assert await rig.store.release(item.id, rig.parts.clock.now(), "ana")
            await rig.do(Kind.ANSWER)
            assert len(rig.sent) == 1


class TestOptOut:
    @pytest.mark.parametrize("service", list(Service))
    async def test_who_wants_no_messages_gets_none(self, service: Service) -> None:
        async with text_rig(service) as rig:
            ticket = await rig.ticket()
            await rig.text("BAJA")
            await rig.reply(ticket, "Pruebe ahora.")
            await rig.do(Kind.ANSWER)
            assert not rig.twilio.requests
            assert await _reasons(rig) == ["the requester wants no messages: they wrote STOP, or BAJA"]
            rig.parts.clock.at += 60
            await rig.text("ALTA")
            await rig.reply(ticket, "¿Ya va?")
            await rig.do(Kind.ANSWER)
            assert [each["body"][:7] for each in rig.sent] == ["¿Ya va?"]


class TestT35:
    """Nobody makes money, or costs us any, by having us write to numbers of his choice."""

    async def test_t35_only_ordinary_numbers_of_permitted_countries_are_written_to(self) -> None:
        async with text_rig() as rig:
            for sender in (FRANCE, PREMIUM):
                await _answered(rig, sender=sender)
            await rig.do(Kind.ANSWER)
            assert not rig.twilio.requests
            assert sorted(reason.split(",")[0] for reason in await _reasons(rig)) == [
                "the requester's number is no ordinary subscriber's",
                "the requester's number is of a country that isn't among the channel's `countries`",
            ]
        async with text_rig(countries=["ES", "FR"]) as rig:
            await _answered(rig, sender=FRANCE)
            await rig.do(Kind.ANSWER)
            assert len(rig.sent) == 1

    async def test_t35_nothing_is_sent_automatically_unless_it_is_wanted(self) -> None:
        async with text_rig() as rig:
            await rig.ticket()
            assert await rig.do(Kind.ACKNOWLEDGEMENT) == 0

    async def test_t35_pumping_gets_three_a_day_each_and_so_many_in_all(self) -> None:
        async with text_rig(acknowledge=True, most_a_day=5) as rig:
            for _ in range(5):
                ticket = await rig.ticket()
                await rig.resolve(ticket)
            for each in range(5):
                await rig.ticket(sender=f"+3460011120{each}")
            await rig.ticket(sender=PREMIUM)
            await rig.ticket(sender=FRANCE)
            await rig.do(Kind.ACKNOWLEDGEMENT)
            assert [each["to"] for each in rig.sent] == [ANA] * 3 + ["+34600111200", "+34600111201"]

    async def test_t35_the_days_texts_are_counted_and_what_is_more_waits(self) -> None:
        async with text_rig(most_a_day=2) as rig:
            ticket = await _answered(rig, "Uno")
            await rig.reply(ticket, "Dos")
            await rig.reply(ticket, "Tres")
            await rig.do(Kind.ANSWER)
            assert len(rig.sent) == 2
            await rig.later(3600, Kind.ANSWER)
            assert len(rig.sent) == 2
            await rig.later(86_400, Kind.ANSWER)
            assert [each["body"][:4] for each in rig.sent] == ["Uno\n", "Dos\n", "Tres"]

    async def test_an_acknowledgement_is_sent_once_for_a_new_ticket(self) -> None:
        async with text_rig(acknowledge=True) as rig:
            ticket = await rig.ticket("No me funciona el correo")
            await rig.text("Es el de la oficina")
            await rig.do(Kind.ACKNOWLEDGEMENT)
            (sent,) = rig.sent
            assert show_reference(ticket.reference) in sent["body"]
            assert "responda BAJA" in sent["body"]

    async def test_who_stopped_meanwhile_is_not_told_either(self) -> None:
        async with text_rig(acknowledge=True) as rig:
            await rig.ticket()
            await rig.text("BAJA")
            assert await rig.do(Kind.ACKNOWLEDGEMENT) == 1
            assert not rig.twilio.requests
            assert not await _reasons(rig)


class TestStatuses:
    async def test_late_double_and_disordered_callbacks_only_move_forward(self) -> None:
        async with text_rig() as rig:
            await _answered(rig)
            await rig.do(Kind.ANSWER)
            (sent,) = rig.sent
            for told in ("delivered", "sent", "delivered", "queued", "sending", "delivered"):
                assert await rig.tell(sent, told) == 200
            (delivered,) = rig.parts.heard.of(TextDelivered)
            assert delivered.reference is not None
            assert await rig.tell(sent, "undelivered", "30003") == 200
            assert not rig.parts.heard.of(TextFailed)
            assert await rig.do(Kind.ANSWER) == 0

    async def test_fifty_at_once_say_it_once(self) -> None:
        async with text_rig() as rig:
            await _answered(rig)
            await rig.do(Kind.ANSWER)
            codes = await asyncio.gather(*(rig.tell(rig.sent[0], "delivered") for _ in range(50)))
            assert set(codes) == {200}
            assert len(rig.parts.heard.of(TextDelivered)) == 1

    async def test_an_answer_that_was_not_delivered_comes_before_a_person_who_may_send_it_again(self) -> None:
        async with text_rig() as rig:
            ticket = await _answered(rig)
            await rig.do(Kind.ANSWER)
            for _ in range(2):
                assert await rig.tell(rig.sent[0], "undelivered", "30003") == 200
            (failed,) = rig.parts.heard.of(TextFailed)
            assert (failed.code, failed.ticket_id) == (30003, ticket.id)
            assert rig.parts.owed.count(Kind.ANSWER) == 1
            assert await rig.do(Kind.ANSWER) == 1
            assert await _reasons(rig) == ["the phone is off, or out of reach (Twilio 30003)"]
            (item,) = await rig.quarantined()
            assert await rig.store.release(item.id, rig.parts.clock.now(), "ana")
            await rig.do(Kind.ANSWER)
            assert len(rig.sent) == 2
            await rig.tell(rig.sent[0], "delivered")
            assert not rig.parts.heard.of(TextDelivered)
            await rig.tell(rig.sent[1], "delivered")
            assert len(rig.parts.heard.of(TextDelivered)) == 1

    async def test_a_part_that_was_not_delivered_is_sent_anew_by_a_person_alone(self) -> None:
        """The other parts go on by themselves, beside it."""
        async with text_rig() as rig:
            await _answered(rig, "palabra " * 500)
            rig.twilio.takes_only = 1
            await rig.do(Kind.ANSWER)
            assert await rig.tell(rig.sent[0], "undelivered", "30003") == 200
            rig.twilio.takes_only = None
            assert await rig.later(60, Kind.ANSWER) == 2
            assert [each["body"][:6] for each in rig.sent] == ["(1/3) ", "(2/3) ", "(3/3) "]
            (item,) = await rig.quarantined()
            assert await rig.store.release(item.id, rig.parts.clock.now(), "ana")
            assert await rig.do(Kind.ANSWER) == 1
            assert [each["body"][:6] for each in rig.sent] == ["(1/3) ", "(2/3) ", "(3/3) ", "(1/3) "]

    async def test_what_is_read_has_been_delivered(self) -> None:
        async with text_rig(Service.WHATSAPP) as rig:
            await _answered(rig)
            await rig.do(Kind.ANSWER)
            for told in ("read", "delivered"):
                await rig.tell(rig.sent[0], told)
            assert len(rig.parts.heard.of(TextDelivered)) == 1

    async def test_an_acknowledgement_that_was_not_delivered_is_only_told(self) -> None:
        async with text_rig(acknowledge=True) as rig:
            await rig.ticket()
            await rig.do(Kind.ACKNOWLEDGEMENT)
            await rig.tell(rig.sent[0], "undelivered", "30003")
            assert len(rig.parts.heard.of(TextFailed)) == 1
            assert await rig.do(Kind.ANSWER, Kind.ACKNOWLEDGEMENT) == 0

    async def test_who_told_twilio_stop_is_known_by_a_callback_too(self) -> None:
        async with text_rig() as rig:
            await _answered(rig)
            await rig.do(Kind.ANSWER)
            await rig.tell(rig.sent[0], "failed", "21610")
            assert await rig.store.opted_out(NAME, ANA)

    async def test_a_callback_about_nothing_of_ours_changes_nothing(self) -> None:
        async with text_rig() as rig:
            base = f"http://127.0.0.1:8080/channels/{NAME}/status"
            made = {"from": NUMBER, "to": ANA, "sid": "SM" + "0" * 32}
            for callback in (base, f"{base}?message={'a' * 32}&part=1", f"{base}?message=x&part=one"):
                assert await rig.tell(made | {"callback": callback}, "delivered") == 200
            assert not rig.parts.heard.of(TextDelivered)


async def test_no_secret_and_no_number_is_in_what_is_told() -> None:
    async with text_rig() as rig:
        await _answered(rig)
        rig.twilio.refuses_with = 21211
        await rig.do(Kind.ANSWER)
        await _answered(rig, sender="+34600111999")
        rig.twilio.refuses_with = None
        await rig.do(Kind.ANSWER)
        told = str(rig.parts.heard.events) + str(await _reasons(rig))
        assert AUTH_TOKEN not in told
        assert "600111" not in told
