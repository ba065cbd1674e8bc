"""Mail on its way out, whatever the relay does: it arrives, once as far as anybody can tell, or a person sees why."""

import asyncio
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from smtplib import LMTP
from typing import Any

from tests.support.mail_rig import assert_mails_kept, listener, mail_service, relay
from tests.support.mail_town import HELP
from tests.support.ports import new_port
from tests.support.postfix import postfix
from tests.support.rig import Rig
from tests.support.smtp_peers import DROP, Script, smtp_peer


def deliver(port: int, sender: str) -> str:
    """A mail into the channel's listener; by its Message-ID."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, HELP, "No puedo entrar"
    mail["Message-ID"] = make_msgid(domain="example.net")
    mail.set_content("Desde esta mañana no puedo entrar en el correo.\n")
    with LMTP("127.0.0.1", port) as client:
        client.send_message(mail, sender, HELP)
    return str(mail["Message-ID"])


async def arrived(rig: Rig, script: Script, count: int, within: float = 60.0) -> None:
    async def missing() -> str | None:
        return None if len(script.mails) >= count else f"{count} mails, not {len(script.mails)}"

    await rig.until(missing, within)


def identifiers(script: Script) -> list[bytes]:
    return [line for mail in script.mails for line in mail.content.splitlines() if line.startswith(b"Message-ID:")]


async def quarantined(rig: Rig) -> list[dict[str, Any]]:
    return [item for item in await rig.ops.quarantine() if item["kind"] == "acknowledgement"]


async def test_a_relay_that_says_later_has_the_mail_later_and_once(tmp_path: Path) -> None:
    script = Script(replies={"RCPT ana@example.net": "451 4.7.1 try again later"})
    port = new_port()
    async with smtp_peer(script) as smtp, mail_service(tmp_path, listener(port) | relay(smtp.port)) as rig:
        given = await asyncio.to_thread(deliver, port, "ana@example.net")

        async def refused() -> str | None:
            return None if "RCPT" in script.commands else "a try"

        await rig.until(refused, 30.0)
        assert not script.mails
        script.replies = {}
        await arrived(rig, script, 1)
        await assert_mails_kept(rig, [given])
        assert await quarantined(rig) == []


async def test_a_line_cut_after_the_content_leads_to_the_same_mail_again(tmp_path: Path) -> None:
    script = Script(replies={"content": DROP})
    port = new_port()
    async with smtp_peer(script) as smtp, mail_service(tmp_path, listener(port) | relay(smtp.port)) as rig:
        given = await asyncio.to_thread(deliver, port, "ana@example.net")
        await arrived(rig, script, 1)
        script.replies = {}
        await rig.relevo.kill()
        await rig.start_relevo()  # which looks at everything owed at once, and not only in five minutes
        await arrived(rig, script, 2)
        assert len(set(identifiers(script))) == 1
        await assert_mails_kept(rig, [given])


async def test_postfix_refuses_for_now_and_then_for_good(tmp_path: Path) -> None:
    refused = {"later@example.net": "450 4.2.0 later", "never@example.net": "550 5.1.1 nobody of that name"}
    port = new_port()
    async with (
        postfix(lmtp_port=port, refused=refused) as mta,
        mail_service(tmp_path, listener(port) | relay(mta.port)) as rig,
    ):
        given = [await asyncio.to_thread(deliver, port, sender) for sender in refused]
        await assert_mails_kept(rig, given)

        async def a_person_is_told() -> str | None:
            return None if await quarantined(rig) else "an acknowledgement in quarantine"

        await rig.until(a_person_is_told, 30.0)
        (item,) = await quarantined(rig)
        assert "550" in item["reason"] or "5.1.1" in item["reason"]
        assert "@" not in item["reason"]
