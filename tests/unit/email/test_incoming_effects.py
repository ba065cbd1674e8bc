"""What can't be made durable waits for a person, with the reason."""

import pytest

from channels.email.incoming.allowances import Allowances
from channels.email.incoming.bodies import TEXTS_FOLDER
from channels.email.incoming.effects import Effects, Hold
from channels.email.incoming.files import MailFiles
from channels.email.incoming.messages import Messages
from channels.email.incoming.sorting import Continues
from channels.email.settings import EmailSettings
from gateway.core.texts import Texts
from tests.support.incoming import ANA, IDENTITY, claimed, reading
from tests.support.mail_parts import mail_parts
from tests.support.mails import mail
from tests.support.tickets import NOW

_TEXTS = Texts(TEXTS_FOLDER)
_SETTINGS = EmailSettings.model_validate({"address": "help@example.org", "listener": {"listen": "127.0.0.1:0"}})


async def test_a_message_to_a_ticket_that_is_gone_waits_for_a_person() -> None:
    async with mail_parts() as parts:
        messages = Messages(_SETTINGS, IDENTITY, Allowances(b"k" * 32), _TEXTS)
        files = MailFiles(parts.blobs, 50)
        effects = Effects(parts.context, parts.backstage, messages, files, _TEXTS, "es")
        with pytest.raises(Hold, match="it can't be taken: This request doesn't exist"):
            await effects.follow(Continues(claimed()), reading(mail(sender=ANA)), "m1", NOW)
