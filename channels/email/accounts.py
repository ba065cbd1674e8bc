"""The accounts that log in by access tokens: each has one source of them, whichever servers it logs in to."""

from collections.abc import Iterator

from channels.email.oauth import TokenSource
from channels.email.oauth_grants import Grant
from channels.email.oauth_settings import OAuthSettings
from channels.email.troubles import Troubles
from gateway.core.clock import Clock


class Accounts:
    """Those of one channel. A renewal that fails is a trouble at once, long before a mailbox falls silent."""

    def __init__(self, clock: Clock, troubles: Troubles) -> None:
        self._clock = clock
        self._troubles = troubles
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
                Grant(settings).fetch, self._clock, lambda why: self._renewal(part, why)
            )
        return self._sources[settings]

    def _renewal(self, part: str, why: str | None) -> None:
        if why is None:
            self._troubles.recovered(part)
        else:
            self._troubles.troubled(part, why)
