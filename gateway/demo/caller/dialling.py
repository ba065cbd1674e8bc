"""A desk is dialled: it rings, is busy, picks up; the whisper at its end; the talk; and what is reported of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.core.texts import Saying, mark
from gateway.demo.caller.conversation import Conversation, LineCut, Network
from gateway.demo.caller.document import Document, NotTwiML, Verb
from gateway.demo.caller.pace import CallerHungUp
from gateway.demo.caller.script import Behaviour, Caller, Desk
from gateway.demo.caller.transcript import Who
from gateway.demo.caller.webhooks import OF_PROGRESS, NoGoodAnswer

_SET_UP = 1.0
"""Seconds until it rings."""
SPOKEN_TO = {
    Who.DESK: mark("to the desk: “{words}”"),
    Who.PERSON: mark("to the person: “{words}”"),
}
_SIP_CODES = {"failed": 503, "busy": 486}
_LONGEST_TALK = 14_400.0
"""Twilio's own limit of a Dial."""


@dataclass(slots=True)
class Result:
    """How a Dial ended, as its action is told."""

    status: str
    sip_code: int | None = None
    bridged: bool = False
    seconds: float = 0.0
    """From picking up to the end."""
    caller_gone: bool = False


class Leg(Conversation):
    """The end of the line that was dialled: a desk's, or that of a person who is called back."""

    def __init__(
        self,
        network: Network,
        sid: str,
        parent_sid: str,
        caller: Caller,
        noun: Verb,
        caller_id: str,
        who: Who = Who.DESK,
    ) -> None:
        self._number = noun.text
        self._sid = sid
        self._parent_sid = parent_sid
        self._caller_id = caller_id or caller.number
        self._star_after = caller.leaves_queue_after
        self._noun = noun
        self._status = "initiated"
        self._reports = 0
        super().__init__(network, who)
        self.spoken = SPOKEN_TO[who]

    def parameters(self) -> dict[str, str]:
        return {
            "CallSid": self._sid,
            "ParentCallSid": self._parent_sid,
            "CallStatus": self._status,
            "Direction": "outbound-dial",
            "From": self._caller_id,
            "Caller": self._caller_id,
            "To": self._number,
            "Called": self._number,
        }

    async def run(self, dial: Verb, desk: Desk | None, document: Document) -> Result:
        """From the first ring to the end. Raises NoGoodAnswer."""
        self.network.tell(Who.NETWORK, Saying("dials {desk}", desk=self._number))
        result = Result("canceled")
        try:
            await self._report("initiated", document)
            await self._until_it_ends(result, dial, desk, document)
        except CallerHungUp:
            result.caller_gone = True
        await self._report(result.status, document, CallDuration=str(round(result.seconds)))
        return result

    async def _until_it_ends(self, result: Result, dial: Verb, desk: Desk | None, document: Document) -> None:
        pace = self.network.pace

        async def ringing() -> None:
            await self._report("ringing", document)

        why_not = await ring(self.network, self._who, self._number, desk, dial.seconds("timeout", 30), ringing)
        if desk is None or why_not is not None:
            result.status = why_not or "failed"
            result.sip_code = _SIP_CODES.get(result.status) if self._noun.name == "Sip" else None
            return
        picked_up_at = pace.seconds
        result.status = "completed"
        try:
            await self._picked_up(result, dial, desk, document)
        finally:
            result.seconds = pace.seconds - picked_up_at

    async def _picked_up(self, result: Result, dial: Verb, desk: Desk, document: Document) -> None:
        queue = desk.behaviour is Behaviour.QUEUE
        await self._report("in-progress", document)
        if not await self._accepted(desk, document):
            return
        result.bridged = True
        star = self._star_after if dial.attributes.get("hangupOnStar") == "true" else None
        talk = _LONGEST_TALK if queue else desk.talks_for
        seconds = min(talk, dial.seconds("timeLimit", _LONGEST_TALK), _LONGEST_TALK if star is None else star)
        if not queue:
            self.network.tell(Who.NETWORK, Saying("caller and desk talk"))
        await self.network.pace.wait(seconds)
        if star == seconds:
            self.network.tell(Who.CALLER, Saying("presses {keys}", keys="*"))
        elif not queue:
            self.network.tell(self._who, Saying("hangs up after {seconds} seconds", seconds=f"{seconds:g}"))

    async def _accepted(self, desk: Desk, document: Document) -> bool:
        """Whether caller and desk are joined: the document for this end, if there is one, ends without Hangup."""
        url = self._noun.attributes.get("url")
        if url is None:
            return True
        self.will_key(desk.key if desk.behaviour is Behaviour.ANSWERS else "")
        try:
            await self.follow(await self.ask(document.address(url)))
        except LineCut:
            self.network.tell(Who.GATEWAY, Saying("nobody has accepted the call there, and that line is cut"))
            return False
        except NoGoodAnswer:
            self.network.tell(Who.NETWORK, Saying("there is no good answer for that end"))
            return False
        return True

    async def _report(self, status: str, document: Document, **further: str) -> None:
        """To the noun's statusCallback, as far as its statusCallbackEvent asks for it."""
        self._status = status
        url = self._noun.attributes.get("statusCallback")
        event = {"in-progress": "answered"}.get(status, status)
        event = event if event in ("initiated", "ringing", "answered") else "completed"
        if url is None or event not in self._noun.attributes.get("statusCallbackEvent", "completed").split():
            return
        told = {**self.parameters(), **further, "SequenceNumber": str(self._reports), **OF_PROGRESS}
        self._reports += 1
        await self.network.hooks.report(document.address(url), told, self.network.pace.now)


async def ring(
    network: Network, who: Who, number: str, desk: Desk | None, timeout: float, ringing: Callable[[], Awaitable[None]]
) -> str | None:
    """Until somebody picks up, or not: then the status that says why. `ringing` is called when it rings. Raises
    CallerHungUp."""
    await network.pace.wait(_SET_UP)
    if desk is None or desk.behaviour is Behaviour.FAILS:
        network.tell(Who.NETWORK, Saying("{desk} can't be reached", desk=number))
        return "failed"
    if desk.behaviour is Behaviour.BUSY:
        network.tell(who, Saying("is busy"))
        return "busy"
    await ringing()
    if desk.behaviour is Behaviour.RINGS or desk.rings_for >= timeout:
        await network.pace.wait(timeout)
        network.tell(who, Saying("does not answer within {seconds} seconds", seconds=f"{timeout:g}"))
        return "no-answer"
    await network.pace.wait(desk.rings_for)
    queue = desk.behaviour is Behaviour.QUEUE
    network.tell(who, Saying("a queue or a machine picks up") if queue else Saying("somebody picks up"))
    return None


def noun_of(dial: Verb) -> Verb:
    """What is dialled. Raises NotTwiML."""
    nouns = dial.inside or (Verb("Number", {}, dial.text, ()),)
    if len(nouns) > 1 or nouns[0].name not in ("Number", "Sip") or not nouns[0].text:
        raise NotTwiML("one number or SIP address is dialled at a time here")
    return nouns[0]
