"""Access tokens over hours of virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from channels.email.oauth import TokenSource
from channels.email.oauth_grants import Granted, TokenUnavailable
from tests.support.virtual_time import EPOCH, VirtualClock, run


class Service:
    """Grants numbered tokens, until it is told otherwise."""

    def __init__(self, life: float | None = 3600.0) -> None:
        self.life = life
        self.refusal: str | None = None
        self.hangs = False
        self.at: list[float] = []
        self.alarms: list[tuple[float, str | None]] = []

    async def fetch(self) -> Granted:
        self.at.append(VirtualClock().now() - EPOCH)
        await asyncio.sleep(1000.0 if self.hangs else 0.1)
        if self.refusal is not None:
            raise TokenUnavailable(self.refusal)
        return Granted(f"token-{len(self.at)}", self.life)

    def source(self) -> TokenSource:
        return TokenSource(self.fetch, VirtualClock(), self.alarm, chance=lambda: 0.5)

    def alarm(self, why: str | None) -> None:
        self.alarms.append((round(VirtualClock().now() - EPOCH, 1), why))


def renewed(script: Callable[[Service, TokenSource], Awaitable[None]], life: float | None = 3600.0) -> Service:
    """While the script runs beside the renewals."""

    async def whole() -> Service:
        service = Service(life)
        source = service.source()
        renewing = asyncio.create_task(source.run())
        await script(service, source)
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        return service

    return run(whole(), seconds=100_000)


@pytest.mark.parametrize(("life", "every"), [(3600.0, 1800.0), (None, 300.0)], ids=["an hour", "unknown"])
def test_a_token_is_renewed_in_the_middle_of_its_life(life: float | None, every: float) -> None:
    async def script(_service: Service, _source: TokenSource) -> None:
        await asyncio.sleep(every * 4.5)

    service = renewed(script, life)
    assert service.at == pytest.approx([0.0, every, every * 2, every * 3, every * 4], abs=1.0)
    assert service.alarms == []


def test_a_renewal_that_fails_alarms_half_an_hour_before_the_token_ends() -> None:
    async def script(service: Service, source: TokenSource) -> None:
        first = await source.token()
        service.refusal = "invalid_grant"
        await asyncio.sleep(1800.5)
        assert service.alarms == [(1800.1, "invalid_grant")]
        assert await source.token() == first
        await asyncio.sleep(1500.0)
        with pytest.raises(TokenUnavailable, match="invalid_grant"):
            await source.token()
        service.refusal = None
        await asyncio.sleep(61.0)
        assert service.alarms[-1][1] is None
        assert await source.token() != first

    service = renewed(script)
    tries = [later - earlier for earlier, later in pairwise(service.at[2:20])]
    assert tries == pytest.approx([60.1] * len(tries))


def test_a_service_that_says_nothing_is_not_waited_for_for_ever() -> None:
    async def script(service: Service, source: TokenSource) -> None:
        service.hangs = True
        with pytest.raises(TokenUnavailable, match="within 20 s"):
            await source.token()

    assert renewed(script).alarms[0] == (20.0, "no access token within 20 s")


def test_those_who_ask_at_the_same_time_share_one_renewal() -> None:
    async def script(service: Service, source: TokenSource) -> None:
        assert len(set(await asyncio.gather(*(source.token() for _ in range(5))))) == 1

    assert len(renewed(script).at) == 1


def test_a_refused_token_is_not_given_out_again_and_a_newer_one_stays() -> None:
    async def script(_service: Service, source: TokenSource) -> None:
        first = await source.token()
        source.refused(first)
        second = await source.token()
        assert second != first
        source.refused(first)
        assert await source.token() == second

    renewed(script)
