"""Letters on their way: one try at each at a time, and each try to its end."""

import asyncio

from gateway.core.clock import Clock
from gateway.core.post import Letter, Outcome, Post, Sent
from routing.providers.email.tries import LetterTries


class Dispatch:
    """To one desk. Needs a running loop."""

    def __init__(self, post: Post, clock: Clock) -> None:
        self.tries = LetterTries()
        self._post = post
        self._clock = clock
        self._flights: dict[str, asyncio.Task[Outcome]] = {}

    async def send(self, letter: Letter) -> Outcome:
        """One try, or the one that is under way. Whoever stops waiting doesn't end it: a mail that is cut off in its
        content may have arrived or not, and nobody would know. What a mail server has taken isn't sent again."""
        if self.tries.taken(letter.unique):
            return Sent("taken before")
        flight = self._flights.get(letter.unique)
        if flight is None:
            flight = asyncio.create_task(self._fly(letter), name=f"letter to {letter.to.provider}")
            self._flights[letter.unique] = flight
        return await asyncio.shield(flight)

    async def close(self) -> None:
        """What is under way is given up."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    async def _fly(self, letter: Letter) -> Outcome:
        try:
            outcome = await self._post.send(letter)
        finally:
            del self._flights[letter.unique]
        self.tries.note(letter.unique, outcome, self._clock.now())
        return outcome
