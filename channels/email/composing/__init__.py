"""Mails that we write: their words by templates, and their bytes, ready to be sent."""

from channels.email.composing.compose import Outgoing, OutgoingFile, compose
from channels.email.composing.layouts import TEXTS_FOLDER, Written
from channels.email.composing.letters import Told
from channels.email.composing.templates import MailTemplates, mail_templates

__all__ = [
    "TEXTS_FOLDER", "MailTemplates", "Outgoing", "OutgoingFile", "Told", "Written", "compose",
    "mail_templates",
]  # fmt: skip
