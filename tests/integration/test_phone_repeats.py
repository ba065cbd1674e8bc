"""Webhooks that come again, all at once, late or in another order: a call moves only forward, and is one ticket."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import aiohttp
import pytest

from gateway.core.delivery import Kind
from gateway.core.events import CallDialled, CallEnded, CallReceived, TicketReceived
from gateway.demo.caller.script import Behaviour, Caller, Desk, Scene
from tests.support.phone_calls import CATEGORIES
from tests.support.twilio_webhooks import CALL
from tests.support.voice_rig import ACME, NORTE, VoiceRig, voice_rig

BUSY_THEN_ANSWERED = Scene(desks={ACME.dial: Desk(Behaviour.BUSY), NORTE.dial: Desk()})


async def test_fifty_identical_webhooks_at_once_make_one_ticket() -> None:
    async with voice_rig() as rig:
        answers = await asyncio.gather(*(rig.post("voice", CALL) for _ in range(50)))
        assert set(answers) == {answers[0]}
        assert answers[0][0] == 200
        assert f">{ACME.dial}<" in answers[0][1]
        assert len(await rig.cases()) == 1
        assert rig.event(TicketReceived)
        assert rig.event(CallReceived)
        assert rig.event(CallDialled)


async def test_fifty_identical_results_of_a_dial_at_once_dial_one_backup() -> None:
    async with voice_rig() as rig:
        await rig.post("voice", CALL)
        ended = CALL | {"CallStatus": "in-progress", "DialCallStatus": "busy", "DialBridged": "false"}
        answers = await asyncio.gather(*(rig.post("dial?step=1", ended) for _ in range(50)))
        assert set(answers) == {answers[0]}
        assert f">{NORTE.dial}<" in answers[0][1]
        assert [each.provider for each in rig.heard.of(CallDialled)] == ["acme", "norte"]


async def test_different_webhooks_at_once_all_count() -> None:
    async with voice_rig() as rig:
        await rig.post("voice", CALL)
        call = CALL["CallSid"]
        leg = CALL | {"CallSid": "CA" + "2c" * 16, "ParentCallSid": call}
        reports = [leg | {"CallStatus": status} for status in ("initiated", "ringing", "in-progress", "completed")]
        ended = CALL | {"CallStatus": "completed", "DialCallStatus": "completed", "DialBridged": "true"}
        over = CALL | {"CallStatus": "completed"}
        answers = await asyncio.gather(
            *(rig.post(f"status?call={call}&step=1", report) for report in reports),
            rig.post("dial?step=1", ended),
            rig.post("status", over),
        )
        assert {status for status, _ in answers} == {200}
        assert rig.event(CallEnded).outcome == "answered"


async def test_reports_that_come_late_and_the_last_first_change_nothing() -> None:
    async with voice_rig() as rig:
        await rig.call(BUSY_THEN_ANSWERED, late_reports=True)
        in_time = rig.event(CallEnded)
        assert (in_time.outcome, in_time.provider, in_time.failovers) == ("answered", "norte", 1)
        assert len(await rig.cases()) == 1


class Recorder:
    """Stands between Twilio and the gateway, and remembers what was posted."""

    def __init__(self, rig: VoiceRig) -> None:
        self.posts: list[tuple[str, Mapping[str, str], bytes]] = []
        self._rig = rig

    async def listen(self, _session: object, _context: object, params: aiohttp.TraceRequestStartParams) -> None:
        self._url = str(params.url)
        self._headers = dict(params.headers)

    async def chunk(self, _session: object, _context: object, params: aiohttp.TraceRequestChunkSentParams) -> None:
        self.posts.append((self._url, self._headers, params.chunk))

    async def replay(self, posts: list[tuple[str, Mapping[str, str], bytes]]) -> None:
        for url, headers, body in posts:
            async with self._rig.session.post(url, headers=headers, data=body) as response:
                assert response.status == 200


async def recorded(rig: VoiceRig, scene: Scene) -> Recorder:
    """The call, and all that Twilio posted in it."""
    recorder, tracing = Recorder(rig), aiohttp.TraceConfig()
    tracing.on_request_start.append(recorder.listen)
    tracing.on_request_chunk_sent.append(recorder.chunk)
    async with aiohttp.ClientSession(trace_configs=[tracing]) as session:
        plain, rig.session = rig.session, session
        await rig.call(scene)
        rig.session = plain
    return recorder


@pytest.mark.parametrize(
    "scene",
    [
        BUSY_THEN_ANSWERED,
        Scene(Caller(hangs_up_after=12), {ACME.dial: Desk(Behaviour.RINGS)}),
        Scene(Caller(message=8), {ACME.dial: Desk(Behaviour.BUSY), NORTE.dial: Desk(Behaviour.FAILS)}),
    ],
    ids=["answered", "abandoned", "voicemail"],
)
async def test_t13_a_replay_of_all_webhooks_changes_nothing_ever(scene: Scene) -> None:
    """Twilio signs no time, so that a captured webhook stays valid: years later, after a restart, in any order."""
    async with voice_rig() as rig:
        recorder = await recorded(rig, scene)
        await rig.work_until(rig.clock.at + 4000)
        events, case = list(rig.heard.events), await rig.case()
        assert len(recorder.posts) >= 3
        rig.clock.at += 3 * 365 * 86_400
        await rig.crash()
        for posts in (recorder.posts, recorder.posts[::-1], recorder.posts * 2):
            await recorder.replay(posts)
        assert rig.heard.events == events
        assert await rig.case() == case
        assert await rig.store.next_due(frozenset({Kind.CALL})) is None


async def test_a_gateway_that_dies_after_each_commit_is_asked_again() -> None:
    """What is said follows from what is kept: the same webhook hears the same from the next gateway, too."""
    call, progress = CALL["CallSid"], CALL | {"CallStatus": "in-progress"}
    leg = CALL | {"CallSid": "CA" + "2c" * 16, "ParentCallSid": call, "CallStatus": "in-progress"}
    failed, answered = {"DialCallStatus": "no-answer"}, {"DialCallStatus": "completed", "DialBridged": "true"}
    webhooks = [
        ("voice", CALL),
        ("keys?step=1", progress | {"Digits": "1"}),
        ("keys?step=2", progress | {"Digits": "2"}),
        ("dial?step=3", progress | failed),
        (f"whisper?call={call}&step=4", leg),
        (f"accept?call={call}&step=4", leg | {"Digits": "1"}),
        ("dial?step=4", progress | answered),
        ("status", CALL | {"CallStatus": "completed"}),
    ]
    with_key = replace(NORTE, accept_key="1", accept_within=20.0)
    async with voice_rig(ACME, with_key, languages=["es", "en"], categories=CATEGORIES) as rig:
        for path, form in webhooks:
            first = await rig.post(path, form)
            await rig.crash()
            assert await rig.post(path, form) == first
        assert len(await rig.cases()) == 1
        assert (rig.event(CallEnded).outcome, rig.event(CallEnded).provider) == ("answered", "norte")
        assert [each.provider for each in rig.heard.of(CallDialled)] == ["acme", "norte"]


async def test_a_webhook_of_an_earlier_answer_moves_nothing() -> None:
    async with voice_rig() as rig:
        await rig.post("voice", CALL)
        busy = CALL | {"CallStatus": "in-progress", "DialCallStatus": "busy"}
        _, dials_norte = await rig.post("dial?step=1", busy)
        assert await rig.post("dial?step=1", busy | {"DialCallStatus": "completed"}) == (200, dials_norte)
        assert await rig.post("keys?step=1", CALL | {"CallStatus": "in-progress", "Digits": "1"}) == (200, dials_norte)
        assert not rig.heard.of(CallEnded)
