"""The whole way, with real servers: a person's mail to the help desk, its acknowledgement, a desk that is reached by
mail, its answer, the person's reply, and the end."""

from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path

from gateway.core.reference import parse_reference, show_reference
from tests.support.ledger import assert_balanced
from tests.support.mail_rig import MAIL_DESK, assert_mails_kept, mail_desk, mail_service, mailbox, relay
from tests.support.mail_town import ANA, DESK, HELP, MailTown, mail_town, words
from tests.support.rig import Rig


def written(sender: str, recipient: str, subject: str, text: str, **fields: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, recipient, subject
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">"))
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def answer(to: EmailMessage, sender: str, text: str, subject: str | None = None, **fields: str) -> EmailMessage:
    """As a mail program makes it: to Reply-To, with the thread in its header, and the old text quoted below."""
    back = str(to["Reply-To"] or to["From"])
    quoted = "".join(f"> {line}\n" for line in words(to).splitlines())
    whole = f"{text}\n\nEl lunes, {to['From']} escribió:\n{quoted}"
    thread = {"In_Reply_To": to["Message-ID"], "References": to["Message-ID"]}
    return written(sender, back, subject or f"Re: {to['Subject']}", whole, **thread, **fields)


async def send(town: MailTown, mail: EmailMessage) -> str:
    """By the Message-ID that it has."""
    sender, recipient = (mail[name].addresses[0].addr_spec for name in ("From", "To"))
    await town.send(sender, recipient, mail)
    return str(mail["Message-ID"])


async def state_of(rig: Rig, wanted: str) -> None:
    async def missing() -> str | None:
        states = [ticket.state for ticket in await rig.tickets()]
        return None if states == [wanted] else f"one ticket {wanted}, not {states}"

    await rig.until(missing, 30.0)


async def test_round_trip(tmp_path: Path) -> None:
    async with mail_town() as town:
        channel = mailbox(town.mailboxes.plain_port) | relay(town.mta.port)
        async with mail_service(tmp_path, channel, by_mail=mail_desk(town.mta.port)) as rig:
            sent = [await send(town, written(ANA, HELP, "No puedo imprimir", "Buenos días: la impresora no va.\n"))]

            (acknowledgement,) = await town.arrived(ANA, 1)
            assert acknowledgement["From"].addresses[0].addr_spec == HELP
            assert acknowledgement["Auto-Submitted"] == "auto-replied"
            assert acknowledgement["In-Reply-To"] == sent[0]
            (ticket,) = await rig.tickets()
            reference = parse_reference(ticket.reference)
            assert reference is not None
            assert show_reference(reference) in words(acknowledgement)
            assert "solicitud" in words(acknowledgement)

            (letter,) = await town.arrived(DESK, 1)
            assert "la impresora no va" in words(letter)
            assert show_reference(reference) in letter["Subject"]
            numbered = f"[SUR#77] {letter['Subject']}"
            automatic = answer(letter, DESK, "Recibido.", numbered, Auto_Submitted="auto-replied")
            await send(town, automatic)
            sent.append(await send(town, answer(letter, DESK, "¿Qué impresora es?", numbered)))

            *_, question = await town.arrived(ANA, 2)
            assert words(question).startswith("¿Qué impresora es?")
            assert question["From"].addresses[0].addr_spec == HELP
            assert MAIL_DESK not in question.as_string().lower()
            sent.append(await send(town, answer(question, ANA, "La de la segunda planta.")))

            *_, reply = await town.arrived(DESK, 2)
            assert "La de la segunda planta." in words(reply)
            assert "¿Qué impresora es?" not in words(reply).split("La de la segunda planta.")[0]
            sent.append(await send(town, answer(reply, DESK, "Cambiado el tóner: ha quedado resuelta.", numbered)))

            *_, last = await town.arrived(ANA, 3)
            assert "Cambiado el tóner" in words(last)
            await state_of(rig, "resolved")
            assert len(await town.inbox(DESK)) == 2
            await assert_mails_kept(rig, [sent[0], sent[2]])
            await assert_balanced(rig, [reference])
