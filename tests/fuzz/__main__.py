"""`python -m tests.fuzz SECONDS [TARGET...]`: each target is fuzzed for so many seconds, led by what code it reaches.

It takes atheris, which is not among the locked tools, since it has wheels for Linux on x86-64 alone. What makes a
target fail is kept in var/fuzz/TARGET, and what reached new code in its folder corpus, for the next time. The same
targets are tried without it, on fewer inputs, by tests/unit/email/test_fuzz_targets.py."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import click

from tests.fuzz.targets import GIVEN_OUT, REFERENCE, TARGETS
from tests.support.mail_bytes import PIECES
from tests.support.mail_corpus.corpus import FOLDER

_ROOT = Path(__file__).parents[2]
_LARGEST = 4_000
_SLOWEST = 10
_MEMORY_MB = 1024
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_WORDS = [*GIVEN_OUT, REFERENCE, "ana@example.org", "x@acme.example", "Subject: ", "From: ", "To: ", "In-Reply-To: "]


@click.command()
@click.argument("seconds", type=click.IntRange(min=1))
@click.argument("targets", type=click.Choice(list(TARGETS)), nargs=-1)
def main(seconds: int, targets: tuple[str, ...]) -> None:
    """Fuzz the mail parser, the threading and the headers; exits with 1 if anything was found."""
    if importlib.util.find_spec("atheris") is None:
        raise click.UsageError("this takes atheris: `.venv/bin/python -m pip install atheris` (Linux on x86-64)")
    found = [target for target in targets or TARGETS if not _holds(target, seconds)]
    sys.exit(1 if found else 0)


def _holds(target: str, seconds: int) -> bool:
    folder = _ROOT / "var" / "fuzz" / target
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    words = folder / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in [*PIECES, *(word.encode() for word in _WORDS)]))
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={_LARGEST}",
        f"-timeout={_SLOWEST}",
        f"-rss_limit_mb={_MEMORY_MB}",
        f"-dict={words}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
    ]
    command = [sys.executable, "-m", "tests.fuzz.engine", target, *options, str(corpus), *_seeds()]
    ended = subprocess.run(command, cwd=_ROOT, capture_output=True, check=False)
    said = ended.stderr.decode(errors="replace") + ended.stdout.decode(errors="replace")
    executed = _EXECUTED.search(said)
    click.echo(f"{target}: {executed[1] if executed else 'no'} inputs in {seconds} s")
    if ended.returncode:
        click.echo(said[-4000:])
    return ended.returncode == 0


def _seeds() -> list[str]:
    """The folders of the mail corpus, where there is one."""
    return [str(FOLDER)] if FOLDER.is_dir() else []


def _escaped(word: bytes) -> str:
    return "".join(chr(byte) if 32 < byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main()
