"""Calls that the gateway orders by POST Calls.json: a desk's agent is called, follows the documents there, and has
somebody else dialled (https://www.twilio.com/docs/voice/api/call-resource)."""

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from gateway.core.clock import Instant
from gateway.core.texts import Saying
from gateway.demo.caller.call import PhoneCall
from gateway.demo.caller.conversation import LineCut, Network
from gateway.demo.caller.dialling import SPOKEN_TO, ring
from gateway.demo.caller.pace import CallerHungUp, Pace, Sleep
from gateway.demo.caller.script import Behaviour, Caller, Desk, Line
from gateway.demo.caller.transcript import Tell, Who
from gateway.demo.caller.webhooks import OF_PROGRESS, NoGoodAnswer, Webhooks

_LONGEST_CALL = 14_400.0
_MOST_KEYS = 10


@dataclass(frozen=True, slots=True)
class Order:
    """A call that is to be made."""

    sid: str
    to: str
    sender: str
    """The number that is shown."""
    url: str
    """The document for whoever picks up."""
    status_callback: str | None = None
    timeout: float = 60.0
    """Seconds that it may ring."""
    time_limit: float = _LONGEST_CALL
    """Seconds that it may last."""

    @classmethod
    def of(cls, sid: str, form: Mapping[str, str]) -> "Order":
        """As it was posted. Raises KeyError, ValueError."""
        return cls(
            sid=sid,
            to=form["To"],
            sender=form["From"],
            url=form["Url"],
            status_callback=form.get("StatusCallback"),
            timeout=float(form.get("Timeout", 60)),
            time_limit=float(form.get("TimeLimit", _LONGEST_CALL)),
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """How such a call went."""

    status: str
    seconds: float
    """From picking up to the end."""


class OutboundCall(PhoneCall):
    """The end that was called first."""

    dials = Who.PERSON

    def __init__(self, network: Network, order: Order, desk: Desk | None, people: Mapping[str, Desk]) -> None:
        keys = (desk.key,) * _MOST_KEYS if desk and desk.behaviour is Behaviour.ANSWERS else ()
        super().__init__(network, Caller(number=order.sender, keys=keys), people, {}, Who.DESK)
        self.spoken = SPOKEN_TO[Who.DESK]
        self.sid = order.sid
        self._order = order
        self._desk = desk
        self._status = "initiated"
        self._reports = 0

    def parameters(self) -> dict[str, str]:
        order = self._order
        numbers = {"From": order.sender, "Caller": order.sender, "To": order.to, "Called": order.to}
        return {"CallSid": self.sid, "CallStatus": self._status, "Direction": "outbound-api", **numbers}

    async def place(self) -> Ended:
        """From dialling to the end, which is reported."""
        pace, order = self.network.pace, self._order
        self.network.tell(Who.GATEWAY, Saying("dials {desk}", desk=order.to))
        await self._report("initiated")
        why_not = await ring(self.network, Who.DESK, order.to, self._desk, order.timeout, self._ringing)
        if self._desk is None or why_not is not None:
            return await self._end(why_not or "failed", 0.0)
        picked_up_at = pace.seconds
        pace.hangs_up_after = picked_up_at + min(order.time_limit, self._desk.stays_for)
        await self._report("in-progress")
        await self._talk()
        return await self._end("completed", pace.seconds - picked_up_at)

    async def _talk(self) -> None:
        try:
            await self.follow(await self.ask(self._order.url))
        except LineCut:
            self.network.tell(Who.GATEWAY, Saying("hangs up"))
        except CallerHungUp:
            self.network.tell(Who.DESK, Saying("hangs up"))
        except NoGoodAnswer as error:
            self.network.tell(
                Who.NETWORK, Saying("the gateway gives no good answer, and the line is cut: {why}", why=error)
            )

    async def _ringing(self) -> None:
        await self._report("ringing")

    async def _end(self, status: str, seconds: float) -> Ended:
        await self._report(status, CallDuration=str(round(seconds)))
        await self.network.hooks.deliver_late()
        return Ended(status, seconds)

    async def _report(self, status: str, **further: str) -> None:
        self._status = status
        if self._order.status_callback is not None:
            told = {**self.parameters(), **further, "SequenceNumber": str(self._reports), **OF_PROGRESS}
            self._reports += 1
            await self.network.hooks.report(self._order.status_callback, told, self.network.pace.now)


async def play_order(
    order: Order,
    line: Line,
    people: Mapping[str, Desk],
    told: Tell,
    *,
    session: aiohttp.ClientSession,
    now: Instant,
    sleep: Sleep,
) -> Ended:
    """One call to its end. `people` are all who may be called, by their numbers: desks and persons alike. One that
    isn't there can't be reached."""
    network = Network(line, Webhooks(line, session), Pace(now, _LONGEST_CALL, sleep), told)
    return await OutboundCall(network, order, people.get(order.to), people).place()
