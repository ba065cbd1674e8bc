"""Access tokens (OAuth 2), renewed long before they end: a renewal that fails is known while mail still flows."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

from channels.email.oauth_grants import Granted, TokenUnavailable
from gateway.core.clock import Clock, Instant
from gateway.core.values import dataclass

_WITHIN = 20.0
"""Seconds that a renewal may take."""
_UNKNOWN_LIFE = 600.0
"""Seconds for which a token is used of which nobody said how long it holds: its command is tried as often."""
_RENEW_AT = 0.5
"""Part of its life after which a token is renewed: an hour's token leaves half an hour to mend what fails."""
_LAST_USE = 0.9
"""Part of its life after which it isn't used any more."""
_TRY_AGAIN = 60.0
"""Seconds, give or take a fifth, between renewals that fail."""


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    since: Instant
    life: float

    def usable(self, now: Instant) -> bool:
        return now < self.since + self.life * _LAST_USE

    def renewal_due(self) -> Instant:
        return self.since + self.life * _RENEW_AT


class TokenSource:
    """One account's access token. `run` renews it for ever; `token` is what there is, fetched if there is none."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Granted]],
        clock: Clock,
        alarm: Callable[[str | None], None],
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`alarm` hears at once why a renewal failed, every time, and None when one has succeeded after that; `chance`
        gives [0, 1) for the jitter."""
        self._fetch = fetch
        self._clock = clock
        self._alarm = alarm
        self._chance = chance
        self._token: _Token | None = None
        self._failing = False
        self._renewing = asyncio.Lock()

    async def run(self) -> None:
        """Renew it until cancelled."""
        while True:
            with suppress(TokenUnavailable):
                await self._renewed(self._token)
            due = self._clock.now() + _TRY_AGAIN * (0.8 + 0.4 * self._chance())
            if self._token is not None and not self._failing:
                due = self._token.renewal_due()
            await asyncio.sleep(max(0.0, due - self._clock.now()))

    async def token(self) -> str:
        """One that can be used now. Raises TokenUnavailable."""
        token = self._token
        if token is None or not token.usable(self._clock.now()):
            token = await self._renewed(token)
        return token.value

    def refused(self, value: str) -> None:
        """The mail server didn't accept it: the next one that is asked for is a new one."""
        if self._token is not None and self._token.value == value:
            self._token = None

    async def _renewed(self, old: _Token | None) -> _Token:
        """Another than `old`; those who come meanwhile get the same."""
        async with self._renewing:
            if self._token is None or self._token is old:
                self._token = await self._fetched()
            return self._token

    async def _fetched(self) -> _Token:
        began = self._clock.now()
        try:
            async with asyncio.timeout(_WITHIN):
                granted = await self._fetch()
        except (TokenUnavailable, TimeoutError) as error:
            why = str(error) or f"no access token within {_WITHIN:g} s"
            self._failing = True
            self._alarm(why)
            raise TokenUnavailable(why) from error
        if self._failing:
            self._failing = False
            self._alarm(None)
        return _Token(granted.token, began, granted.life or _UNKNOWN_LIFE)
