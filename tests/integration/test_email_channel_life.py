"""A mail channel's life: how it opens, what it does while what it needs is away, and how it ends."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from channels.email.channel import EmailChannel
from channels.email.keeping import MailKeeper
from channels.email.settings import EmailSettings
from gateway.core.clock import Instant
from gateway.core.delivery import Kind
from gateway.core.errors import ConfigError, StartError, StoreFailed, StoreUnavailable
from gateway.core.events import ChannelTroubled, Event
from gateway.core.raw_mail import Origin
from tests.support.eventually import eventually
from tests.support.mail_channel import ADDRESS, mail_rig
from tests.support.mail_parts import MailParts, mail_parts
from tests.support.raw_mail import encoded, multipart, raw_mail

_SENT = raw_mail("From: ana@example.net", "Subject: printer", body="It burns.")
_NOBODY_THERE = {"host": "127.0.0.1", "port": 1, "security": "none", "user": "help"}


def _channel(parts: MailParts, **settings: Any) -> EmailChannel:
    written = {"address": ADDRESS, **settings}
    return EmailChannel(EmailSettings.model_validate(written), parts.context, parts.backstage)


async def _troubles(parts: MailParts, channel: EmailChannel, *expected: str) -> list[ChannelTroubled]:
    """Those that it tells while it runs, once all that are expected are among them."""
    running = asyncio.create_task(channel.run())

    async def missing() -> str | None:
        told = {each.part for each in parts.heard.of(ChannelTroubled)}
        return None if told >= set(expected) else f"trouble of {expected}, not only {told}"

    try:
        await eventually(missing, within=20)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return parts.heard.of(ChannelTroubled)


async def test_a_port_that_is_taken_ends_the_start() -> None:
    async with mail_rig() as rig:
        other = _channel(rig.parts, listener={"listen": str(rig.channel.listens_on)})
        with pytest.raises(StartError, match="can't listen for mail on 127"):
            await other.start()
        await other.stop(1.0)
        await other.close()


async def test_authorities_that_can_t_be_read_end_it_before(tmp_path: Any) -> None:
    async with mail_parts() as parts:
        relay = {"host": "127.0.0.1", "ca_file": str(tmp_path / "none.pem")}
        with pytest.raises(ConfigError, match="can't be used: No such file"):
            _channel(parts, listener={"listen": "127.0.0.1:0"}, smtp=relay)


async def test_mails_wait_until_it_is_open() -> None:
    async with mail_parts() as parts:
        await MailKeeper(parts.backstage, parts.blobs, parts.clock).keep(
            Origin("mail", "lmtp", "1", 0.0), _pieces(_SENT)
        )
        channel = _channel(parts, imap={**_NOBODY_THERE, "password": "pw"})
        [case] = await parts.claim(Kind.MAIL)
        reading = asyncio.ensure_future(channel.handlers()[Kind.MAIL](case))
        await asyncio.sleep(0)
        assert parts.told.read == []
        await channel.start()
        await reading
        assert parts.told.read == ["ticket"]
        await channel.close()


async def test_a_channel_without_a_relay_sends_nothing() -> None:
    async with mail_parts() as parts:
        channel = _channel(parts, listener={"listen": "127.0.0.1:0"})
        assert (set(channel.handlers()), channel.post(), channel.routes()) == ({Kind.MAIL}, None, ())


async def test_mailboxes_and_accounts_that_don_t_work_are_told_of_and_end_nothing() -> None:
    async with mail_parts() as parts:
        imap = [
            {**_NOBODY_THERE, "password": "pw"},
            {**_NOBODY_THERE, "user": "hola", "oauth": {"token_command": ["false"]}},
        ]
        channel = _channel(parts, imap=imap)
        await channel.start()
        told = await _troubles(parts, channel, "imap help INBOX", "imap hola INBOX", "token hola")
        await channel.close()
        reasons = {each.part: each.reason for each in told}
        assert "can't be reached" in reasons["imap help INBOX"]
        assert "token_command false ended with 1" in reasons["token hola"]
        assert len(told) == 3


class _BrokenStore:
    """A store whose disk has failed."""

    async def forget_mails(self, channel: str, before: Instant, limit: int) -> int:
        raise StoreFailed("the disk is broken")

    async def announce(self, events: Sequence[Event], notices: Sequence[object] = ()) -> None:
        raise StoreFailed("the disk is broken")


async def test_a_store_that_failed_for_good_stops_the_service() -> None:
    async with mail_parts() as parts:
        parts.backstage = replace(parts.backstage, store=_BrokenStore())  # type: ignore[arg-type]
        channel = _channel(parts, imap={**_NOBODY_THERE, "password": "pw"})
        await channel.run()
        assert [str(each) for each in parts.failures] == ["the disk is broken"]


async def test_what_can_t_be_kept_is_refused_and_comes_again() -> None:
    async with mail_rig() as rig:
        large = raw_mail("From: ana@example.net", body="x" * 100_000)
        rig.parts.blobs.failure = StoreUnavailable("full")
        assert (await rig.hand_in(large)).startswith("452 ")
        assert await rig.read() == 0
        rig.parts.blobs.failure = None
        assert await rig.take(large) == "ticket"


async def test_what_can_t_be_finished_is_read_again_soon() -> None:
    async with mail_rig() as rig:
        file = encoded("application/pdf", b"%PDF-1.4", 'Content-Disposition: attachment; filename="a.pdf"')
        await rig.hand_in(multipart("mixed", raw_mail(body="See."), file, fields=("From: ana@example.net",)))
        rig.parts.blobs.failure = StoreUnavailable("full")
        assert await rig.read() == 1
        rig.parts.blobs.failure = None
        assert await rig.read() == 0
        assert rig.parts.told.read == []
        rig.parts.clock.at += 5
        assert await rig.read() == 1
        assert rig.parts.told.read == ["ticket"]


async def test_a_mail_whose_content_is_gone_waits_for_a_person() -> None:
    async with mail_rig() as rig:
        await rig.hand_in(raw_mail("From: ana@example.net", body="x" * 100_000))
        rig.parts.blobs.contents.clear()
        await rig.read()
        assert [item.reason for item in await rig.quarantined()] == ["its content isn't kept any more"]


async def _pieces(content: bytes) -> Any:
    yield content
