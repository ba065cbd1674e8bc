"""`relevo phone`: what is pasted at Twilio for the time when Relevo is away, and a call played to the end."""

from pathlib import Path

import click

from gateway.cli import options
from gateway.cli.failure import INTERRUPTED, Failure, expected_errors
from gateway.cli.gateway_access import GatewayAccess
from gateway.cli.language import say


class _Duration(click.ParamType["float"]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        from gateway.core.settings import parse_duration

        try:
            return float(parse_duration(value))
        except ValueError:
            self.fail(say("a duration with its unit is needed, such as 20s"), param, ctx)


class _Keys(click.ParamType["str"]):
    name = "keys"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        keys = str(value)
        if not set(keys) <= _KEYS:
            self.fail(say("a phone has the keys 0 to 9, * and #"), param, ctx)
        return keys


_KEYS = frozenset("0123456789*#")
_channel = click.option("--channel", metavar="NAME", help=say("The voice channel; needed where there are several."))


@click.group(help=say("Prepare the phone for an outage, and try calls out."))
def phone() -> None:
    """Nothing of its own."""


@phone.command(
    help=say(
        "Write what Twilio says and does while Relevo is away. Two static documents, to be kept at Twilio: the first "
        "dials the desks one after the other and then takes a message, the second thanks for it. Relevo makes tickets "
        "of those calls when it is back. Run it again when desks, texts or policies have changed."
    )
)
@options.config_file
@_channel
@click.option("--language", metavar="CODE", help=say("The language of the document, such as es; else the usual one."))
@click.option("--thanks-url", metavar="URL", help=say("Where the second document is, once it has been pasted."))
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    default=Path(),
    help=say("The folder that they are written to; the current one unless given."),
)
def fallback(
    config_file: Path, channel: str | None, language: str | None, thanks_url: str | None, output: Path
) -> None:
    with expected_errors():
        from gateway.app.configuration import load_configuration
        from gateway.cli.chosen_line import chosen_line
        from gateway.cli.phone_fallback import write_fallback

        config = load_configuration(config_file)
        name, line = chosen_line(config, channel)
        write_fallback(config, name, line, language, thanks_url, output)


@phone.command(
    help=say(
        "Play a call against the running gateway, and print it. The caller, the desks and Twilio are played on this "
        "machine, so that no phone rings; webhooks, routing and the ticket are real. At the end the ticket and the "
        "call's figures are told. `relevo phone scenes` lists what the desks can do."
    )
)
@options.config_file
@_channel
@click.option("--scene", metavar="NAME", default="answered", show_default=True, help=say("What the desks do."))
@click.option(
    "--press",
    "keys",
    type=_Keys(),
    multiple=True,
    metavar="KEYS",
    help=say("What is keyed when keys are asked for; once for each time, and may be nothing."),
)
@click.option(
    "--hang-up-after",
    type=_Duration(),
    default="10m",
    metavar="DURATION",
    help=say("When the caller gives up, such as 20s after the call began."),
)
@click.option(
    "--from", "number", default="+34600111222", show_default=True, metavar="NUMBER", help=say("The caller's number.")
)
@click.option(
    "--speed",
    type=click.FloatRange(0.1, 1000.0),
    default=1.0,
    metavar="TIMES",
    help=say("How many times faster than life; the gateway's figures are of real time."),
)
def call(
    config_file: Path,
    channel: str | None,
    scene: str,
    keys: tuple[str, ...],
    hang_up_after: float,
    number: str,
    speed: float,
) -> None:
    with expected_errors():
        from gateway.app.configuration import load_configuration
        from gateway.app.lines import usual_desks
        from gateway.cli.call_report import Transcript, show_account, warn_of_real_api
        from gateway.cli.chosen_line import chosen_line
        from gateway.cli.phone_call import Plan, is_here, play
        from gateway.demo.caller.scenes import SCENES
        from gateway.demo.caller.script import Caller

        if scene not in SCENES:
            words = say("there is no such scene; there are: {known}", known=", ".join(SCENES))
            raise click.BadParameter(words, param_hint="--scene")
        config = load_configuration(config_file)
        name, line = chosen_line(config, channel)
        desks = usual_desks(config, name, line.languages[0])
        caller = Caller(number=number, keys=keys, hangs_up_after=hang_up_after)
        plan = Plan(line, f"{config.gateway.public.url}/channels/{name}", desks, scene, caller, speed)
        transcript = Transcript(desks)
        if not is_here(line):
            warn_of_real_api(line.api)
    try:
        account = GatewayAccess(None, config_file, None).ask(lambda ops: play(plan, ops, transcript.tell))
    except KeyboardInterrupt:
        click.get_current_context().exit(INTERRUPTED)
    if account.ticket is None:
        raise Failure(say("relevo: the gateway knows of no such call; its log may say why"))
    show_account(account.ticket, account, speed)


@phone.command(help=say("List what desks can do in a played call."))
def scenes() -> None:
    from gateway.cli.call_report import show_scenes

    show_scenes()
