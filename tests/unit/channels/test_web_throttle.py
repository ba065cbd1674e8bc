import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from channels.web.settings import RateSettings, WebSettings
from channels.web.throttle import LONGEST_DELAY, Step, Throttle

OFFICE = "198.51.100.7"


def throttle(**settings: Any) -> Throttle:
    return Throttle(RateSettings(**({"trusted": ()} | settings)))


def steps(subject: Throttle, address: str, count: int, now: float = 0.0) -> list[Step]:
    return [subject.pace(address, now).step for _ in range(count)]


def test_the_steps_come_in_their_order_and_far_apart() -> None:
    subject = throttle(per_address=10)
    assert steps(subject, OFFICE, 10) == [Step.PASS] * 10
    assert steps(subject, OFFICE, 10) == [Step.SLOW] * 10
    assert steps(subject, OFFICE, 80) == [Step.QUESTION] * 80
    assert steps(subject, OFFICE, 5) == [Step.REFUSE] * 5


def test_a_delay_grows_and_is_bounded() -> None:
    subject = throttle(per_address=10)
    delays = [subject.pace(OFFICE, 0.0).seconds for _ in range(100)]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY


def test_what_was_sent_is_forgotten_at_the_rate_that_is_free() -> None:
    subject = throttle(per_address=10)
    steps(subject, OFFICE, 100)
    assert subject.pace(OFFICE, 0.0).step is Step.REFUSE
    assert subject.pace(OFFICE, 6.1).step is Step.QUESTION
    assert subject.pace(OFFICE, 6.1 + 8.5 * 60).step is Step.SLOW
    assert subject.pace(OFFICE, 3600.0).step is Step.PASS


def test_an_office_that_sends_steadily_what_is_free_is_never_hindered() -> None:
    subject = throttle(per_address=30)
    assert {subject.pace(OFFICE, 2.0 * number).step for number in range(2000)} == {Step.PASS}


def test_a_flood_is_told_when_to_come_again_and_is_taken_then() -> None:
    subject = throttle(per_address=10)
    steps(subject, OFFICE, 100)
    wait = subject.pace(OFFICE, 0.0).seconds
    assert subject.pace(OFFICE, wait).step is Step.QUESTION


def test_others_are_not_hindered_by_one_that_floods() -> None:
    subject = throttle(per_address=10, everybody=1000)
    steps(subject, OFFICE, 10_000)
    assert subject.pace("203.0.113.9", 0.0).step is Step.PASS


def test_a_flood_from_everywhere_is_questioned_and_never_refused() -> None:
    subject = throttle(per_address=10, everybody=20)
    seen = [subject.pace(f"203.0.113.{number}", 0.0).step for number in range(250)]
    assert seen[:20] == [Step.PASS] * 20
    assert seen[-1] is Step.QUESTION
    assert Step.REFUSE not in seen


def test_an_ipv6_network_is_one_client() -> None:
    subject = throttle(per_address=1)
    assert subject.pace("2001:db8::1", 0.0).step is Step.PASS
    assert subject.pace("2001:db8::ffff:1", 0.0).step is Step.SLOW
    assert subject.pace("2001:db8:0:1::1", 0.0).step is Step.PASS


@pytest.mark.parametrize("address", ["192.0.2.1", "192.0.2.255", "2001:db8:7::1", "127.0.0.1"])
def test_trusted_networks_are_free(address: str) -> None:
    subject = throttle(per_address=1, everybody=1, trusted=("192.0.2.0/24", "2001:db8:7::/48", "127.0.0.1"))
    assert steps(subject, address, 1000) == [Step.PASS] * 1000


def test_peers_without_an_address_are_one_client() -> None:
    subject = throttle(per_address=1)
    assert steps(subject, "-", 2) == [Step.PASS, Step.SLOW]


async def test_delays_are_bounded_in_number() -> None:
    release = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        await release.wait()

    subject = Throttle(RateSettings(), sleep)
    waiting = [asyncio.create_task(subject.delay(1.0)) for _ in range(200)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        assert not await subject.delay(1.0)
    release.set()
    assert all(await asyncio.gather(*waiting))
    assert await subject.delay(1.0)


@pytest.mark.parametrize(
    "settings",
    [
        {"rates": {"trusted": ["192.0.2.1/24"]}},
        {"rates": {"trusted": ["office"]}},
        {"rates": {"per_address": 0}},
        {"embed": ["https://*.example.org"]},
        {"embed": ["https://www.example.org/"]},
        {"embed": ["www.example.org"]},
        {"embed": ["https://a.example; script-src *"]},
        {"embed": ["https://user:password@www.example.org"]},
        {"embed": ["javascript:alert(1)"]},
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WebSettings.model_validate(settings)


def test_an_origin_is_taken_as_browsers_write_it() -> None:
    assert WebSettings.model_validate({"embed": ["https://WWW.Example.org:8443"]}).embed == (
        "https://www.example.org:8443",
    )
