"""A whole call, from the caller's end."""

import contextlib
from collections.abc import Mapping, MutableMapping

import aiohttp

from gateway.core.clock import Instant
from gateway.core.texts import Saying
from gateway.demo.caller.conversation import Act, Conversation, LineCut, Network
from gateway.demo.caller.dialling import Leg, Result, noun_of
from gateway.demo.caller.document import Document, Verb
from gateway.demo.caller.pace import CallerHungUp, Pace, Sleep
from gateway.demo.caller.recording import Recording
from gateway.demo.caller.script import Caller, Desk, Line, Scene
from gateway.demo.caller.transcript import Tell, Who
from gateway.demo.caller.webhooks import OF_PROGRESS, NoGoodAnswer, Webhooks, new_sid


class PhoneCall(Conversation):
    """The caller's end of the line."""

    dials = Who.DESK
    """Whom this end dials."""

    def __init__(
        self,
        network: Network,
        caller: Caller,
        desks: Mapping[str, Desk],
        recordings: MutableMapping[str, float],
        who: Who = Who.CALLER,
    ) -> None:
        super().__init__(network, who, caller.keys)
        self.sid = new_sid("CA")
        self._caller = caller
        self._desks = desks
        self._recordings = recordings
        self._status = "ringing"

    def further_acts(self) -> dict[str, Act]:
        return {"Dial": self._dial, "Record": self._record}

    def parameters(self) -> dict[str, str]:
        number = self.network.line.number
        return {
            "CallSid": self.sid,
            "CallStatus": self._status,
            "Direction": "inbound",
            "From": self._caller.number,
            "Caller": self._caller.number,
            "To": number,
            "Called": number,
        }

    async def run(self) -> None:
        """From ringing to the end, which is reported."""
        line = self.network.line
        self.network.tell(Who.CALLER, Saying("calls {number} from {own}", number=line.number, own=self._caller.number))
        try:
            document = await self.ask(line.voice_url)
            self._status = "in-progress"
            await self.follow(document)
            self.network.tell(Who.GATEWAY, Saying("has nothing more to say, and the line is cut"))
        except LineCut:
            self.network.tell(Who.GATEWAY, Saying("hangs up"))
        except CallerHungUp:
            self.network.tell(Who.CALLER, Saying("hangs up"))
        except NoGoodAnswer as error:
            self.network.tell(
                Who.NETWORK, Saying("the gateway gives no good answer, and the line is cut: {why}", why=error)
            )
        self._status = "completed"
        if line.status_url is not None:
            duration = str(round(self.network.pace.seconds))
            told = {**self.parameters(), "CallDuration": duration, "SequenceNumber": "0", **OF_PROGRESS}
            await self.network.hooks.report(line.status_url, told, self.network.pace.now)
        await self.network.hooks.deliver_late()

    async def _dial(self, verb: Verb, document: Document) -> Document | None:
        noun = noun_of(verb)
        leg_sid = new_sid("CA")
        caller_id = verb.attributes.get("callerId", "")
        leg = Leg(self.network, leg_sid, self.sid, self._caller, noun, caller_id, self.dials)
        result = await leg.run(verb, self._desks.get(noun.text), document)
        action = verb.attributes.get("action")
        if result.caller_gone:
            await self._gone(document.address(action) if action else None, _as_told(result, leg_sid))
        return await self.ask(document.address(action), **_as_told(result, leg_sid)) if action else None

    async def _record(self, verb: Verb, document: Document) -> Document | None:
        taken = Recording(verb, document, self.network, self._caller, self.sid)
        if not await taken.speak():
            return None
        self._recordings[taken.sid] = taken.seconds
        action, told = document.address(verb.attributes.get("action")), taken.told()
        if taken.caller_gone:
            await taken.report()
            await self._gone(action, told)
        following = await self.ask(action, **told)
        await taken.report()
        return following

    async def _gone(self, action: str | None, told: dict[str, str]) -> None:
        """The caller has hung up: the action is told so, and its answer is of no account. Raises CallerHungUp."""
        self._status = "completed"
        if action is not None:
            with contextlib.suppress(NoGoodAnswer):
                await self.ask(action, **told)
        raise CallerHungUp


async def play_call(
    line: Line,
    scene: Scene,
    told: Tell,
    *,
    recordings: MutableMapping[str, float],
    session: aiohttp.ClientSession,
    now: Instant,
    sleep: Sleep,
) -> str:
    """One call to its end, and its SID; the gateway's failures are told like everything else.

    The seconds of each recording go into `recordings` by its SID before the gateway hears of it, see `Studio`. `sleep`
    is asyncio's, or `at_once`.
    """
    pace = Pace(now, scene.caller.hangs_up_after, sleep)
    call = PhoneCall(Network(line, Webhooks(line, session), pace, told), scene.caller, scene.desks, recordings)
    await call.run()
    return call.sid


def _as_told(result: Result, leg_sid: str) -> dict[str, str]:
    """The parameters of a Dial's action (https://www.twilio.com/docs/voice/twiml/dial)."""
    told = {"DialCallSid": leg_sid, "DialCallStatus": result.status, "DialBridged": str(result.bridged).lower()}
    if result.status == "completed":
        told["DialCallDuration"] = str(round(result.seconds))
    if result.sip_code is not None:
        told["DialSipResponseCode"] = str(result.sip_code)
    return told
