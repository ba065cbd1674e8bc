"""Calls and messages of which only that they were is known any more: their webhooks come again, through the real
listener, and nothing follows from it (T13)."""

import asyncio
from collections.abc import Sequence

from channels.channel import Channel
from gateway.core.calls import CallsMade
from gateway.core.delivery import Kind
from gateway.core.events import CallbackEnded, CallReceived, TextDelivered, TextSent
from gateway.demo.caller.script import Behaviour, Caller, Desk, Scene
from gateway.store import SqlStore
from tests.support.callback_rig import callback_rig
from tests.support.eventually import eventually
from tests.support.text_rig import ANA, NAME, text_rig
from tests.support.twilio_webhooks import CALL
from tests.support.voice_rig import ACME, NORTE, voice_rig

DAY = 86_400.0
HANG_UP = "<Response><Hangup /></Response>"


async def forgetting(channel: Channel, store: SqlStore, sids: Sequence[str]) -> None:
    """The channel runs until nothing is known of these."""
    running = asyncio.create_task(channel.run())

    async def missing() -> str | None:
        kept = [await store.call(sid) for sid in sids]
        return None if all(each and each.record is None for each in kept) else f"{kept} forgotten"

    try:
        await eventually(missing, within=5)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_t13_of_a_forgotten_call_every_webhook_hears_a_hang_up() -> None:
    busy = {ACME.dial: Desk(Behaviour.BUSY), NORTE.dial: Desk(Behaviour.FAILS)}
    async with voice_rig(ACME, NORTE, keep_records="7d") as rig:
        sid = (await rig.call(Scene(Caller(message=8), busy))).sid
        began_at = rig.clock.at
        await rig.work_until(began_at + 4_000)
        assert rig.event(CallReceived).call == sid
        rig.twilio.call(began_at, sid=sid)
        rig.twilio.recording(began_at, call_sid=sid)
        rig.clock.at += 7 * DAY
        events, case = list(rig.heard.events), await rig.case()
        await forgetting(rig.channel, rig.store, [sid])
        form = {**CALL, "CallSid": sid, "CallStatus": "in-progress"}
        leg = form | {"CallSid": "CA" + "2c" * 16}
        recorded = form | {"RecordingSid": "RE" + "4d" * 16, "RecordingStatus": "completed", "RecordingDuration": "4"}
        for path, posted in (
            ("voice", form | {"CallStatus": "ringing"}),
            ("keys?step=1", form | {"Digits": "1"}),
            ("dial?step=1", form | {"DialCallStatus": "completed", "DialBridged": "true"}),
            (f"whisper?call={sid}&step=1", leg),
            (f"accept?call={sid}&step=1", leg | {"Digits": "1"}),
            ("voicemail?step=3", recorded),
            ("recording?step=3", recorded),
            ("status", form | {"CallStatus": "completed"}),
        ):
            status, answer = await rig.post(path, posted)
            assert (path, status, answer.partition("?>")[2]) == (path, 200, HANG_UP)
        transcribed = {"TranscriptionSid": "TR" + "5e" * 16, "TranscriptionStatus": "completed"}
        assert (await rig.post("transcription", form | transcribed | {"TranscriptionText": "Hola"}))[0] == 200
        asked = len(rig.twilio.requests)
        await rig.store.save_mailbox_position("phone", "calls", repr(began_at - DAY))
        await rig.channel.catching_up.look()
        assert all(sid not in each.path_qs for each in rig.twilio.requests[asked:]), "it is known, and not missed"
        assert rig.heard.events == events
        assert await rig.case() == case
        assert await rig.store.next_due(frozenset({Kind.CALL, Kind.CALLBACK})) is None


async def test_t13_of_a_forgotten_call_back_every_webhook_hears_a_hang_up() -> None:
    async with callback_rig(line={"keep_records": "7d"}) as phone:
        rig = phone.rig
        async with phone.posted() as posts:
            await phone.ask()
            await phone.run()
        assert (await phone.made(ANA)).calls == 1
        ended = rig.event(CallbackEnded)
        rig.clock.at += 7 * DAY
        events, case = list(rig.heard.events), await rig.case()
        await forgetting(rig.channel, rig.store, [ended.call, rig.event(CallReceived).call])
        assert len(posts) >= 5
        for post in posts:
            status, answer = await rig.send(post)
            assert (status, answer.partition("?>")[2]) == (200, HANG_UP)
        assert rig.heard.events == events
        assert await rig.case() == case
        assert await phone.claim() == []
        assert await rig.store.calls_to("phone", 0.0) == CallsMade(0, 0.0)


async def test_t13_of_forgotten_texts_no_webhook_changes_anything() -> None:
    async with text_rig(keep_records="7d") as rig:
        written = rig.webhook("No me funciona el correo")
        assert await rig.post(written) == 200
        await rig.do(Kind.CALL)
        (ticket,) = await rig.tickets()
        await rig.reply(ticket, "Pruebe ahora.")
        await rig.do(Kind.ANSWER)
        (sent,) = rig.sent
        assert await rig.tell(sent, "sent") == 200
        assert (await rig.store.calls_to(NAME, 0.0, ANA)).calls == 1
        (message_id,) = {each.message_id for each in rig.parts.heard.of(TextSent)}
        rig.parts.clock.at += 8 * DAY
        await forgetting(
            rig.channel, rig.store, [f"{message_id}.1", written.body.decode().split("MessageSid=")[1][:34]]
        )
        events, case = list(rig.parts.heard.events), await rig.case(ticket)
        assert b"<Response/>" in await rig.answer(written)
        for status in ("delivered", "undelivered", "failed"):
            assert await rig.tell(sent, status, "21610" if status == "failed" else "") == 200
        assert await rig.do(Kind.CALL, Kind.ANSWER) == 0
        assert rig.parts.heard.events == events
        assert not rig.parts.heard.of(TextDelivered)
        assert await rig.case(ticket) == case
        assert await rig.store.calls_to(NAME, 0.0) == CallsMade(0, 0.0)
        assert not await rig.store.opted_out(NAME, ANA)


async def test_an_answer_that_was_forgotten_in_the_quarantine_can_still_be_sent() -> None:
    async with text_rig(keep_records="7d") as rig:
        ticket = await rig.ticket()
        await rig.reply(ticket, "Pruebe ahora.")
        await rig.do(Kind.ANSWER)
        await rig.tell(rig.sent[0], "undelivered", "30003")
        await rig.do(Kind.ANSWER)
        (item,) = await rig.quarantined()
        (told,) = rig.parts.heard.of(TextSent)
        rig.parts.clock.at += 8 * DAY
        await forgetting(rig.channel, rig.store, [f"{told.message_id}.1"])
        assert await rig.store.release(item.id, rig.parts.clock.at, "eva")
        assert await rig.do(Kind.ANSWER) == 1
        assert len(rig.sent) == 2
        assert (await rig.store.calls_to(NAME, rig.parts.clock.at - DAY, ANA)).calls == 1, "it counts for today"
