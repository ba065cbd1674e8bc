"""Mails that we write: their words by templates, and their bytes, ready to be sent."""

from channels.email.composing.compose import Outgoing, OutgoingFile, compose
from channels.email.composing.templates import TEXTS_FOLDER, MailTemplates, Written

__all__ = ["TEXTS_FOLDER", "MailTemplates", "Outgoing", "OutgoingFile", "Written", "compose"]
