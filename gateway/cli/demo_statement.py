"""The account of a demo run as people read it."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.language import say
from gateway.core.provider import Takeover
from gateway.demo.accounting import Account
from gateway.demo.promises import Promise, measured


def show_account(console: Console, account: Account) -> None:
    """Print the figures, then each promise with held or broken, and why."""
    console.print()
    console.print(_figures(account))
    console.print()
    console.print(_promises(account))
    console.print()
    if account.held:
        console.print(Text(say("Every promise held."), "bold green"))
    else:
        console.print(Text(say("Not every promise held."), "bold red"))


def _figures(account: Account) -> Table:
    table = _table(say("The account"))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    handed_in = say("{accepted} accepted, {failed} failed", accepted=account.accepted, failed=account.failed)
    table.add_row(say("Handed in"), handed_in)
    table.add_row(say("Handed off"), str(account.handed_off))
    table.add_row(say("At the desks"), ", ".join(f"{desk} {count}" for desk, count in account.at_desks.items()))
    table.add_row(say("Still waiting"), str(account.waiting))
    table.add_row(say("Lost"), str(len(account.lost)))
    table.add_row(say("Rescued"), str(account.rescued))
    table.add_row(say("Doubles"), _doubles(account))
    table.add_row(say("Hand-off times"), _times(account))
    for takeover in account.takeovers:
        table.add_row(say("Takeover"), _takeover(takeover))
    return table


def _doubles(account: Account) -> str:
    return say(
        "{doubles} at the desks, {known} known to Relevo, {withdrawn} withdrawn, {open} still open",
        doubles=account.doubles,
        known=account.doubles_known,
        withdrawn=account.doubles_withdrawn,
        open=len(account.doubles_open),
    )


def _times(account: Account) -> str:
    if account.p50 is None or account.p99 is None or account.longest is None:
        return say("unknown")
    return say(
        "p50 {p50}, p99 {p99}, longest {longest}",
        p50=measured(account.p50),
        p99=measured(account.p99),
        longest=measured(account.longest),
    )


def _takeover(takeover: Takeover) -> str:
    return say(
        "{origin} → {target} in {took}, bound {bound}",
        origin=takeover.from_provider,
        target=takeover.to_provider or say("nobody"),
        took=measured(takeover.switch_seconds),
        bound=measured(takeover.detection_bound),
    )


def _promises(account: Account) -> Table:
    table = _table(say("Promises"))
    for promise in account.promises:
        table.add_row(_verdict(promise), _promise(promise))
    return table


def _verdict(promise: Promise) -> Text:
    return Text("✔ " + say("held"), "green") if promise.held else Text("✘ " + say("broken"), "bold red")


def _promise(promise: Promise) -> str:
    words = say(promise.words)
    return words if promise.because is None else f"{words}: {say(promise.because)}"


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None)
