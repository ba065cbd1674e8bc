"""The static documents for the time when Relevo is away, written to files, and where to paste them."""

from pathlib import Path
from urllib.parse import urlsplit

import click

from channels.phone.fallback import FallbackWriter
from channels.phone.settings import VoiceSettings
from gateway.app.configuration import RelevoConfig
from gateway.app.lines import usual_desks
from gateway.cli.failure import Failure
from gateway.cli.language import say
from gateway.core.dialling import Desk

_EXAMPLE = "https://handler.twilio.com/twiml/EH0a1b2c"
_INDENT = "  "


def write_fallback(
    config: RelevoConfig, channel: str, line: VoiceSettings, language: str | None, thanks_url: str | None, folder: Path
) -> None:
    """Write what can be written already, and print what to do with it. Raises Failure, BadParameter."""
    language = _language(line, language)
    desks = usual_desks(config, channel, language)
    thanks_file, call_file = (folder / f"{channel}-{part}.{language}.xml" for part in ("thanks", "call"))
    organisation = config.gateway.organisation
    writer = FallbackWriter(line, organisation.name, language, organisation.texts)
    if thanks_url is None:
        _write(thanks_file, writer.write(desks, "").thanks)
        _show_first_half(thanks_file)
        return
    _write(call_file, writer.write(desks, _address(thanks_url)).call)
    _show_second_half(call_file, line, desks)


def _language(line: VoiceSettings, asked: str | None) -> str:
    spoken = dict.fromkeys((*line.languages, *line.number_languages.values()))
    if asked is not None and asked not in spoken:
        known = ", ".join(spoken)
        words = say("this channel doesn't speak {language}; it speaks: {known}", language=asked, known=known)
        raise click.BadParameter(words, param_hint="--language")
    return asked or line.languages[0]


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        words = say("the https address of a TwiML Bin is needed, such as {example}", example=_EXAMPLE)
        raise click.BadParameter(words, param_hint="--thanks-url")
    return url


def _write(file: Path, document: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(document + "\n", encoding="utf-8")
    except OSError as error:
        words = say("{folder} can't be written: {reason}", folder=file.parent, reason=error.strerror)
        raise Failure(f"relevo: {words}") from error


def _show_first_half(file: Path) -> None:
    click.secho(say("The first half is in {file}.", file=file), bold=True)
    _show_steps(
        say("In Twilio's console, open TwiML Bins, create one and paste the file into it."),
        say("Copy the address that Twilio gives it, such as {example}.", example=_EXAMPLE),
        say("Run this command again with --thanks-url and that address: it writes the second half."),
    )


def _show_second_half(file: Path, line: VoiceSettings, desks: tuple[Desk, ...]) -> None:
    click.secho(say("The second half is in {file}.", file=file), bold=True)
    dialled = ", ".join(f"{desk.provider} ({desk.dial})" for desk in desks)
    _show_steps(
        say("In Twilio's console, create one more TwiML Bin and paste the file into it."),
        say("Open Phone Numbers, Manage, Active numbers, and there {numbers}.", numbers=", ".join(line.numbers)),
        say("Below Voice Configuration, set Primary handler fails to TwiML Bin, and choose that second one. Save."),
    )
    click.echo(say("While Relevo is away, it dials {desks}, then takes a message.", desks=dialled))
    if any(desk.accept_key for desk in desks):
        words = say("It can't ask agents for a key: whatever picks up, a queue or a machine, counts as an answer.")
        click.secho(words, fg="yellow")


def _show_steps(*steps: str) -> None:
    for number, step in enumerate(steps, 1):
        click.echo(f"{_INDENT}{number}. {step}")
