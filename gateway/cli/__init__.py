"""The command `relevo`. Heavy parts are imported by the command that needs them, so that help and errors come fast."""

import sys


def main() -> None:
    """Run the command, once it is sure that the packages it runs are Relevo's own."""
    from gateway.cli.ownership import intruders

    found = intruders()
    if found:
        sys.stderr.write("".join(f"relevo: {each}\n" for each in found))
        sys.exit(1)
    from gateway.cli.command import relevo

    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # what a terminal can't show
    relevo(prog_name="relevo")
