"""The accounts that log in by access tokens: each has one source of them, whichever servers it logs in to, since
some services take a refresh token but once."""

from collections.abc import Callable, Iterator

from channels.email.oauth import TokenSource
from channels.email.oauth_grants import Grant
from channels.email.oauth_settings import OAuthSettings
from gateway.core.clock import Clock


class Accounts:
    """Those of one channel. That a renewal failed is known at once, long before a mailbox falls silent."""

    def __init__(self, clock: Clock, renewed: Callable[[str, str | None], None]) -> None:
        """`renewed` hears of `token USER` why its renewal failed, every time, and None when one has succeeded after
        that."""
        self._clock = clock
        self._renewed = renewed
        self._sources: dict[OAuthSettings, TokenSource] = {}

    def __iter__(self) -> Iterator[TokenSource]:
        return iter(self._sources.values())

    def tokens(self, settings: OAuthSettings | None, user: str | None) -> TokenSource | None:
        """Where the tokens of that user come from; None where there is a password, or no login."""
        if settings is None:
            return None
        if settings not in self._sources:
            part = f"token {user}"
            self._sources[settings] = TokenSource(
                Grant(settings).fetch, self._clock, lambda why: self._renewed(part, why)
            )
        return self._sources[settings]
