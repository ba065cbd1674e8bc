"""Mails that go out: to requesters what is owed to them, to help desks letters."""

from channels.email.answering.answers import Answers
from channels.email.answering.outbox import Outbox
from channels.email.answering.post import MailPost

__all__ = ["Answers", "MailPost", "Outbox"]
