"""One end of a call, and what documents do there: speech, keys, pauses."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from gateway.core.texts import Saying, mark
from gateway.demo.caller.document import Document, NotTwiML, Verb
from gateway.demo.caller.pace import Pace
from gateway.demo.caller.script import Line
from gateway.demo.caller.transcript import Tell, Told, Who
from gateway.demo.caller.webhooks import NoGoodAnswer, Webhooks

_CHARACTERS_A_SECOND = 15.0
_SECONDS_OF_A_FILE = 5.0
_SECONDS_A_KEY = 0.5
_MOST_DOCUMENTS = 100


class LineCut(Exception):
    """The document says Hangup."""


@dataclass(frozen=True, slots=True)
class Network:
    """What lies between the ends of a call, and what they share."""

    line: Line
    hooks: Webhooks
    pace: Pace
    told: Tell

    def tell(self, who: Who, words: Saying) -> None:
        """A line of the transcript, at this moment."""
        self.told(Told(self.pace.seconds, who, words))


Act = Callable[[Verb, Document], Awaitable[Document | None]]
"""A verb performed; the document that the call goes on with, None for the next verb."""


class Conversation(ABC):
    """An end of the call, whose `parameters` go into each webhook."""

    spoken = mark("“{words}”")

    def __init__(self, network: Network, who: Who, keys: Sequence[str] = ()) -> None:
        self.network = network
        self._who = who
        self.will_key(*keys)
        self._acts: dict[str, Act] = {
            "Say": self._say,
            "Play": self._play_file,
            "Pause": self._pause,
            "Gather": self._gather,
            "Redirect": self._redirect,
            "Hangup": self._hang_up,
        } | self.further_acts()

    def further_acts(self) -> dict[str, Act]:
        """Verbs that only this end knows."""
        return {}

    def will_key(self, *keys: str) -> None:
        """From now on, once for each time that keys are asked for; nothing afterwards."""
        self._keys = chain(keys, repeat(""))

    @abstractmethod
    def parameters(self) -> dict[str, str]:
        """Which call it is, and how far."""

    async def follow(self, document: Document) -> None:
        """To the end of the last document. Raises LineCut, NoGoodAnswer, CallerHungUp."""
        following: Document | None = document
        for _ in range(_MOST_DOCUMENTS):
            if following is None:
                return
            try:
                following = await self._perform(following)
            except NotTwiML as error:
                raise NoGoodAnswer(str(error)) from error
        raise NoGoodAnswer("the documents lead to one another without end")

    async def ask(self, url: str, **further: str) -> Document:
        """What an address answers. Raises NoGoodAnswer."""
        return await self.network.hooks.ask(url, {**self.parameters(), **further})

    async def _perform(self, document: Document) -> Document | None:
        for verb in document.verbs:
            following = await self._act(verb, document)
            if following is not None:
                return following
        return None

    async def _act(self, verb: Verb, document: Document) -> Document | None:
        act = self._acts.get(verb.name)
        if act is None:
            raise NotTwiML(f"{verb.name} is no verb that is known here")
        return await act(verb, document)

    async def _say(self, verb: Verb, _document: Document) -> None:
        self.network.tell(Who.GATEWAY, Saying(self.spoken, words=verb.text))
        await self.network.pace.wait(len(verb.text) / _CHARACTERS_A_SECOND)

    async def _play_file(self, verb: Verb, _document: Document) -> None:
        self.network.tell(Who.GATEWAY, Saying("plays {file}", file=verb.text))
        await self.network.pace.wait(_SECONDS_OF_A_FILE)

    async def _pause(self, verb: Verb, _document: Document) -> None:
        await self.network.pace.wait(verb.seconds("length", 1))

    async def _gather(self, verb: Verb, document: Document) -> Document | None:
        """Whoever keys listens to the end before: what is keyed earlier comes to the same.

        Without keys the next verb follows, unless actionOnEmptyResult says otherwise
        (https://www.twilio.com/docs/voice/twiml/gather).
        """
        for each in verb.inside:
            await self._act(each, document)
        timeout = verb.seconds("timeout", 5)
        keyed = next(self._keys)
        finish = verb.attributes.get("finishOnKey", "#")
        digits, finished = (keyed.split(finish, 1)[0], finish in keyed) if finish else (keyed, False)
        most = int(verb.seconds("numDigits", 64))
        digits = digits[:most]
        if not digits:
            await self.network.pace.wait(timeout)
            empty = verb.attributes.get("actionOnEmptyResult") == "true"
            return await self.ask(document.address(verb.attributes.get("action")), Digits="") if empty else None
        await self.network.pace.wait(_SECONDS_A_KEY * len(digits))
        self.network.tell(self._who, Saying("presses {keys}", keys=digits))
        if len(digits) < most and not finished:
            await self.network.pace.wait(timeout)
        return await self.ask(document.address(verb.attributes.get("action")), Digits=digits)

    async def _redirect(self, verb: Verb, document: Document) -> Document:
        return await self.ask(document.address(verb.text))

    async def _hang_up(self, _verb: Verb, _document: Document) -> None:
        raise LineCut
