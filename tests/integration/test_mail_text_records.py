"""Look-ups of DKIM keys, against a name server."""

import asyncio
from collections.abc import AsyncIterator

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from channels.email.reading.text_records import LONGEST, NotLookedUp, TextRecords

RECORDS = {"key.uni.example.": ["v=DKIM1; ", "p=abc"], "long.uni.example.": ["x" * 255] * (LONGEST // 255 + 1)}


class NameServer(asyncio.DatagramProtocol):
    """Answers for TXT records; never for names under `silent.example`."""

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        asked = dns.message.from_wire(data)
        name = asked.question[0].name.to_text().lower()
        if name.endswith("silent.example."):
            return
        answer = dns.message.make_response(asked)
        if name in RECORDS:
            strings = " ".join(f'"{each}"' for each in RECORDS[name])
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", strings))
        elif not name.startswith("empty"):
            answer.set_rcode(dns.rcode.SERVFAIL if name.startswith("broken") else dns.rcode.NXDOMAIN)
        self._transport.sendto(answer.to_wire(), address)


@pytest.fixture
async def resolver() -> AsyncIterator[dns.resolver.Resolver]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    yield dns.resolver.make_resolver_at("127.0.0.1", transport.get_extra_info("sockname")[1])
    transport.close()


async def find(records: TextRecords, name: str) -> bytes | None:
    return await asyncio.to_thread(records.find, name, 5)


async def test_the_strings_of_a_record_are_joined(resolver: dns.resolver.Resolver) -> None:
    assert await find(TextRecords(5, resolver), "key.uni.example") == b"v=DKIM1; p=abc"


@pytest.mark.parametrize("name", ["none.uni.example", "empty.uni.example"])
async def test_where_there_is_no_record_there_is_none(resolver: dns.resolver.Resolver, name: str) -> None:
    assert await find(TextRecords(5, resolver), name) is None


@pytest.mark.parametrize("name", ["broken.uni.example", "long.uni.example", "a..b", "x" * 70 + ".example"])
async def test_what_can_not_be_looked_up_is_not_taken_for_none(resolver: dns.resolver.Resolver, name: str) -> None:
    with pytest.raises(NotLookedUp):
        await find(TextRecords(0.5, resolver), name)


async def test_silence_costs_all_look_ups_of_a_mail_their_time_once(resolver: dns.resolver.Resolver) -> None:
    now = [0.0]
    records = TextRecords(0.2, resolver, lambda: now[0])
    with pytest.raises(NotLookedUp, match="LifetimeTimeout"):
        await find(records, "key.silent.example")
    now[0] = 0.2
    with pytest.raises(NotLookedUp, match="no time is left"):
        await find(records, "key.uni.example")
