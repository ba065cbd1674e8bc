"""`relevo reference`: the pages and the schema that are generated from settings and tables."""

from pathlib import Path
from typing import Literal

import click

from gateway.cli.failure import Failure
from gateway.cli.language import say

_HOME = Path(__file__).resolve().parents[3]


@click.command(
    help=say(
        "Print the reference of the configuration. In a checkout of Relevo, --write brings docs/configuration.md, "
        "docs/email-rules.md and config/relevo.schema.json up to date, and --check ends with 1 when they aren't."
    )
)
@click.option("--write", "deed", flag_value="write", help=say("Write these files."))
@click.option("--check", "deed", flag_value="check", help=say("Compare these files."))
def reference(deed: Literal["write", "check"] | None) -> None:
    from channels.email.rules_page import rules_page
    from config.reference import reference_page, schema_text
    from gateway.app.configuration import KINDS

    page = reference_page(KINDS)
    if deed is None:
        click.echo(page, nl=False)
        return
    documents = {
        _HOME / "docs" / "configuration.md": page,
        _HOME / "docs" / "email-rules.md": rules_page(),
        _HOME / "config" / "relevo.schema.json": schema_text(KINDS),
    }
    if not (_HOME / "docs").is_dir():
        raise Failure(say("relevo: {folder} is no checkout of Relevo: it has no docs", folder=_HOME))
    for path, text in documents.items():
        if deed == "write":
            path.write_text(text, encoding="utf-8")
    outdated = [path for path, text in documents.items() if _content(path) != text]
    if outdated:
        names = ", ".join(str(path.relative_to(_HOME)) for path in outdated)
        raise Failure(say("not up to date: {names}; `relevo reference --write` writes them anew", names=names))


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
