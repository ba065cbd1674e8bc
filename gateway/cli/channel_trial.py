"""The trial of a channel as people read it: each step as it ends, and for the one that fails what to do."""

import click

from channels.trial import Tried
from gateway.cli.language import say
from gateway.cli.terminal import printable
from gateway.core.texts import mark

_STEPS = {
    "resolve": mark("look up the name"),
    "connect": mark("connect"),
    "tls": mark("encrypt"),
    "greeting": mark("greet"),
    "token": mark("get an access token"),
    "login": mark("log in"),
    "select": mark("open the folder {name}"),
    "uid search": mark("look through the folder {name}"),
    "ready": mark("ready for a mail"),
    "account": mark("use the account"),
    "certificate": mark("read the certificate"),
    "listen": mark("listen"),
    "in use": mark("in use: a mail server answers there already, Relevo itself if it runs"),
}
_REMEDIES = {
    "resolve": mark("check the host's name, and this machine's DNS."),
    "connect": mark("check host and port, and whether a firewall stands between."),
    "tls": mark("check host, port and security; name the server's authority in ca_file where it isn't a public one."),
    "greeting": mark("ask whoever runs the server whether this machine may talk to it."),
    "token": mark("check oauth; a refresh token that has expired or was revoked has to be granted anew."),
    "login": mark("check user and password, or oauth, and that the account may use IMAP or SMTP."),
    "select": mark("name a folder that there is."),
    "uid search": mark("ask whoever runs the server: it can't look through that folder."),
    "ready": mark("try again; if it stays so, ask whoever runs the server."),
    "account": mark(
        "check account_sid and auth_token (the account's primary one), and that this machine reaches the API."
    ),
    "certificate": mark("check certificate and key of the listener's tls."),
    "listen": mark("choose another address or port, or stop what uses it."),
}


class TrialReport:
    """Prints what it is told, under a heading for each part."""

    def __init__(self) -> None:
        self._part = ""

    def tell(self, tried: Tried) -> None:
        """One more step has ended."""
        if tried.part != self._part:
            self._part = tried.part
            click.echo(printable(tried.part))
        kind, said = _words(tried.step)
        if tried.why is None:
            click.echo("  " + click.style(say("well"), fg="green") + f"  {said}")
        else:
            click.echo("  " + click.style(say("FAILS"), fg="red", bold=True) + f"  {said}: {printable(tried.why)}")
            click.echo("  " + say("What to do: {remedy}", remedy=say(_REMEDIES[kind])))


def _words(step: str) -> tuple[str, str]:
    """Which kind of step it is, and how it is called: some have a folder's name behind."""
    kind = next(each for each in _STEPS if step == each or step.startswith(f"{each} "))
    return kind, printable(say(_STEPS[kind], name=step[len(kind) :].strip()))
