"""A played call as people read it: its lines while it lasts, and what the gateway has of it afterwards."""

import os
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from gateway.cli.language import say
from gateway.cli.terminal import printable, show_facts, show_table
from gateway.core.dialling import Desk
from gateway.core.reference import show_reference
from gateway.core.texts import Language, Saying, language_of, mark
from gateway.demo.caller.language import TEXTS
from gateway.demo.caller.scenes import SCENES
from gateway.demo.caller.transcript import Told, Who, shown
from gateway.demo.caller.witness import CallAccount

_COLOURS = {
    Who.CALLER: "cyan",
    Who.PERSON: "cyan",
    Who.GATEWAY: "green",
    Who.DESK: "yellow",
    Who.NETWORK: "bright_black",
}
_NARROWEST = 40
_OUTCOMES = {
    "answered": mark("answered"),
    "voicemail": mark("a message was left"),
    "callback": mark("a call back was asked for"),
    "unanswered": mark("nobody answered, and no message was left"),
    "abandoned": mark("the caller hung up before anybody answered"),
}
_RESULTS = {
    "answered": mark("answered"),
    "busy": mark("busy"),
    "no_answer": mark("no answer"),
    "failed": mark("could not be reached"),
    "not_accepted": mark("nobody pressed the key"),
    "left": mark("the caller left its queue"),
    "canceled": mark("the caller hung up"),
}

_CALLED_BACK = {
    "reached": mark("they spoke"),
    "not_reached": mark("the caller wasn't reached"),
    "no_agent": mark("no desk took it"),
    "declined": mark("the caller didn't want it any more"),
    "refused": mark("it may not be made"),
}


class Transcript:
    """Prints a call's lines, each below the one before, broken at the terminal's edge."""

    def __init__(self, desks: Sequence[Desk]) -> None:
        self._names = {desk.dial: f"{desk.provider} ({desk.dial})" for desk in desks}
        self._language = _language()
        self._width = max(_NARROWEST, shutil.get_terminal_size().columns)
        self._reached = 0.0

    def tell(self, line: Told) -> None:
        """One more line. Time that begins anew is another call's."""
        if line.seconds < self._reached:
            click.echo()
        self._reached = line.seconds
        named = replace(line, words=self._named(line.words))
        text, words = printable(shown(named, self._language)), printable(self._language(named.words))
        margin = len(text) - len(words)
        broken = textwrap.wrap(words, self._width - margin) or [""]
        click.echo(click.style(text[:margin], fg=_COLOURS[line.who]) + broken[0])
        for rest in broken[1:]:
            click.echo(" " * margin + rest)

    def _named(self, words: Saying) -> Saying:
        """Numbers that are dialled have the desk's name before them."""
        names = {key: self._names.get(str(value), value) for key, value in words.values.items()}
        return Saying(words.template, **names)


def warn_of_real_api(api: str) -> None:
    """Say what a played call can't have where the gateway asks Twilio itself."""
    note = say(
        "{api} knows nothing of a call that is played here: a message left can't be fetched, and its ticket is handed "
        "over two minutes later. Don't ask to be called back: that would ring real phones.",
        api=api,
    )
    click.secho(note, fg="yellow", err=True)


def show_account(ticket: Mapping[str, Any], account: CallAccount, speed: float) -> None:
    """Print the ticket and the figures, as the gateway has them; `speed` is how many times faster than life it went."""
    click.echo()
    show_facts({**_of_ticket(ticket), say("dialled"): _dialled(account), **_figures(account)})
    if account.ended is None:
        note = say("What became of the last one dialled is waited for, a minute at most: see relevo tickets show.")
        click.secho(note, fg="yellow")
    elif speed != 1.0:
        note = say("Played {speed} times faster than life: these seconds are real ones.", speed=f"{speed:g}")
        click.secho(note, dim=True)


def _of_ticket(ticket: Mapping[str, Any]) -> dict[str, object]:
    return {
        say("ticket"): show_reference(ticket["reference"]),
        say("state"): ticket["state"],
        say("provider"): ticket["provider"],
    }


def _dialled(account: CallAccount) -> str:
    return " · ".join(f"{provider}: {say(_RESULTS[result])}" for provider, result in account.dialled) or say("nobody")


def _figures(account: CallAccount) -> dict[str, object]:
    ended = account.ended
    if ended is None:
        return {}
    return {
        say("outcome"): say(_OUTCOMES[ended["outcome"]]),
        say("waiting"): _seconds(ended["waiting"]),
        say("ringing"): _seconds(ended["ringing"]),
        say("talking"): _seconds(ended["talking"]),
        say("failovers"): ended["failovers"],
        say("call back"): _called_back(account.called_back),
        say("recording"): None if account.recording is None else _seconds(account.recording),
    }


def _called_back(ended: Mapping[str, Any] | None) -> str | None:
    if ended is None:
        return None
    outcome = say(_CALLED_BACK[ended["outcome"]])
    return f"{outcome}: {ended['provider']}, {_seconds(ended['talking'])}" if ended["talking"] else outcome


def show_scenes() -> None:
    """Print each with what it shows."""
    language = _language()
    rows = [(name, language(words)) for name, (words, _) in SCENES.items()]
    show_table([say("scene"), say("what happens")], rows)


def _language() -> Language:
    return TEXTS.get(language_of(os.environ))


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s"
