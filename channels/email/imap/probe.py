"""Trying a mailbox's settings step by step: what an administrator sees of `relevo channels test`."""

from collections.abc import Callable

from channels.email.imap.connection import Connection
from channels.email.imap.errors import CommandRefused, ImapError
from channels.email.imap.opening import open_mailbox
from channels.email.imap.patience import PATIENCE, Patience
from channels.email.imap.settings import ImapSettings
from channels.email.oauth import TokenSource
from channels.email.step import Step

_MOST_NAMES = 20


async def probe(
    settings: ImapSettings,
    tokens: TokenSource | None,
    report: Callable[[Step], None],
    *,
    patience: Patience = PATIENCE,
) -> bool:
    """Tell `report` each step as it ends, up to the first that fails; whether all went well. Nothing is changed."""
    begun: list[str] = []

    def begin(name: str) -> None:
        if begun:
            report(Step(begun[-1]))
        begun.append(name)

    mailbox = None
    try:
        mailbox = await open_mailbox(settings, tokens, patience=patience, begin=begin)
        for folder in settings.folder:
            begin(f"select {folder}")
            await _select(mailbox, folder)
            begin(f"uid search {folder}")
            await mailbox.uids_after(0, settings.since)
    except ImapError as error:
        report(Step(begun[-1], str(error)))
        return False
    finally:
        if mailbox is not None:
            await mailbox.close()
    report(Step(begun[-1]))
    return True


async def _select(mailbox: Connection, folder: str) -> None:
    """Say which folders there are where this one can't be opened."""
    try:
        await mailbox.select(folder)
    except CommandRefused as error:
        there = await mailbox.folders()
        names = ", ".join(there[:_MOST_NAMES]) + (", ..." if len(there) > _MOST_NAMES else "")
        raise ImapError(f"the folder {folder} can't be opened ({error.answer}); there are: {names}") from error
