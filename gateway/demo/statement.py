"""The account of a demo run as people read it."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.core.settings import show_duration
from gateway.demo.accounting import Account, Promise
from gateway.demo.texts import Texts

_TIMES = frozenset({"took", "bound", "longest"})


def state(console: Console, account: Account, takeover_within: float, texts: Texts) -> None:
    """Print the figures, then each promise with held or broken, and why."""
    console.print()
    console.print(_figures(account, texts))
    console.print()
    console.print(_promises(account, takeover_within, texts))
    console.print()
    verdict = Text(texts("all_held"), "bold green") if account.held else Text(texts("not_all_held"), "bold red")
    console.print(verdict)


def _figures(account: Account, texts: Texts) -> Table:
    table = Table(title=texts("account"), title_justify="left", title_style="bold", show_header=False, box=None)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    at_desks = ", ".join(f"{desk} {count}" for desk, count in account.at_desks.items())
    table.add_row(texts("handed_in"), texts("handed_in_value", accepted=account.accepted, failed=account.failed))
    table.add_row(texts("handed_off"), str(account.handed_off))
    table.add_row(texts("at_desks"), at_desks)
    table.add_row(texts("still_waiting"), str(account.waiting))
    table.add_row(texts("lost"), str(len(account.lost)))
    table.add_row(texts("rescued"), str(account.rescued))
    doubles = texts(
        "doubles_value",
        doubles=account.doubles,
        known=account.doubles_known,
        withdrawn=account.doubles_withdrawn,
        open=len(account.doubles_open),
    )
    table.add_row(texts("doubles"), doubles)
    times = {"p50": account.p50, "p99": account.p99, "longest": account.longest}
    shown = {name: _time(seconds, texts) for name, seconds in times.items()}
    table.add_row(texts("times"), texts("times_value", **shown))
    for takeover in account.takeovers:
        value = texts(
            "takeover_value",
            origin=takeover.origin,
            target=takeover.target or texts("nobody"),
            took=_time(takeover.took, texts),
            bound=_time(takeover.bound, texts),
        )
        table.add_row(texts("takeover"), value)
    return table


def _promises(account: Account, takeover_within: float, texts: Texts) -> Table:
    table = Table(title=texts("promises"), title_justify="left", title_style="bold", show_header=False, box=None)
    for promise in account.promises:
        mark = Text("✔ " + texts("held"), "green") if promise.held else Text("✘ " + texts("broken"), "bold red")
        table.add_row(mark, _promise(promise, takeover_within, texts))
    return table


def _promise(promise: Promise, takeover_within: float, texts: Texts) -> str:
    said = texts(f"promise.{promise.name}", limit=show_duration(takeover_within))
    if promise.because is None:
        return said
    because = texts(f"because.{promise.because}", **_shown(promise.details or {}, texts))
    return f"{said}: {because}"


def _shown(details: Mapping[str, object], texts: Texts) -> dict[str, object]:
    return {
        name: _time(value, texts) if name in _TIMES and isinstance(value, float) else value
        for name, value in details.items()
    }


def _time(seconds: float | None, texts: Texts) -> str:
    return texts("unknown_time") if seconds is None else show_duration(round(seconds, 3))
