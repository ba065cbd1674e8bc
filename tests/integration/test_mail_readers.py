"""Mails are read by real processes: one that a mail harms is killed, and no other mail suffers (T16, P6)."""

import asyncio
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from channels.email.parsing import Limits
from channels.email.reading.readers import MailReaders
from channels.email.reading.reading import NoReader, Question, Reading, Unreadable
from tests.support import scripted_reader
from tests.support.eventually import eventually
from tests.support.raw_mail import encoded, multipart, raw_mail

PLAIN = raw_mail("From: ana@uni.example", "Subject: Hola", body="Buenos días: no puedo entrar en mi cuenta desde ayer")
MIXED = "Content-Type: multipart/mixed; boundary=b"
SLOW = raw_mail(*["X-Header: value"] * 20_000, body="<" * 1_000_000)
"""Takes far more than a millisecond."""
FILES = multipart("mixed", raw_mail(body="two files"), encoded("a/b", b"one"), encoded("a/b", b"two"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where scratch folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@asynccontextmanager
async def readers(way: str = "", **given: object) -> AsyncIterator[MailReaders]:
    """Readers that work, or such as misbehave in a way."""
    if way:
        given["command"] = (sys.executable, scripted_reader.__file__, way)
    started = MailReaders(**given)  # type: ignore[arg-type]
    await started.start()
    try:
        yield started
    finally:
        await started.close()


async def pieces(raw: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, len(raw), size):
        yield raw[start : start + size]


async def read(from_: MailReaders, raw: bytes) -> Reading:
    async with from_.read(Question(), pieces(raw), len(raw)) as reading:
        return reading


async def refusal(from_: MailReaders, raw: bytes) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        await read(from_, raw)
    return refused.value


def children(parent: int | None = None) -> set[int]:
    """The processes that this one, or another, has started, and that are no zombies."""
    of = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, started_by = stat.read_text().rpartition(")")[2].split()[:2]
            if int(started_by) == (parent or os.getpid()) and state != "Z":
                of.add(int(stat.parent.name))
    return of


@pytest.fixture(autouse=True)
def _nobody_is_left_behind(folder: Path) -> Iterator[None]:
    before = children()
    yield
    assert children() == before
    assert list(folder.glob("relevo-mails-*")) == []


async def test_a_mail_is_read_and_its_files_last_as_long_as_the_context() -> None:
    async with readers() as working:
        async with working.read(Question(), pieces(FILES), len(FILES)) as reading:
            assert reading.mail.text == "two files"
            assert [file.path.read_bytes() for file in reading.files] == [b"one", b"two"]
        assert not any(file.path.exists() for file in reading.files)


async def test_nothing_is_started_before_there_is_a_mail() -> None:
    before = children()
    async with readers():
        assert children() == before


async def test_one_process_serves_many_mails_and_another_stands_by() -> None:
    before = children()
    async with readers() as working:
        await asyncio.gather(*(read(working, PLAIN) for _ in range(20)))
        await eventually(lambda: _missing(len(children() - before) == 2), within=30)
        served = children()
        await asyncio.gather(*(read(working, PLAIN) for _ in range(20)))
        assert children() == served


async def _missing(found: bool) -> str | None:
    return None if found else f"processes {children()}"


BOMBS = {
    "500_nested": (
        "too_deep",
        "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(500)).encode(),
    ),
    "2000_nested": (
        "too_deep",
        "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(2_000)).encode(),
    ),
    "50000_parts": ("too_many_parts", raw_mail(MIXED, body="--b\n\nx\n" * 50_000)),
    "huge_header": ("header_too_big", raw_mail("Subject: " + "x" * 5_000_000)),
}


@pytest.mark.parametrize("bomb", BOMBS)
async def test_t16_a_bomb_is_refused_with_its_reason_and_the_next_mail_is_read(bomb: str) -> None:
    code, raw = BOMBS[bomb]
    async with readers() as working:
        refused, following = await asyncio.gather(refusal(working, raw), read(working, PLAIN))
    assert refused.code == code
    assert f"(the mail has {len(raw):,} bytes)" in refused.text
    assert following.language == "es"


@pytest.mark.parametrize("body", ["> " * 500_000, "a" * 10_000_000, "On Mon " + "wrote " * 500_000])
async def test_t17_a_long_line_is_read(body: str) -> None:
    async with readers() as working:
        assert (await read(working, raw_mail("Subject: long", body=body))).mail.subject == "long"


async def test_more_bytes_than_a_mail_may_have_are_not_even_fetched() -> None:
    async with readers(limits=Limits(size=100)) as working:
        refused = await refusal(working, b"x" * 101)
    assert (refused.code, refused.text) == ("mail_too_big", "the mail has more than 100 bytes (the mail has 101 bytes)")


async def test_25_megabytes_cost_this_process_little_memory() -> None:
    content = random.Random(1).randbytes(18_000_000)
    raw = multipart("mixed", raw_mail(body="a film"), encoded("video/mp4", content))
    async with readers(within=60) as working:
        await read(working, PLAIN)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        async with working.read(Question(), pieces(raw), len(raw)) as reading:
            (file,) = reading.files
            assert file.size == len(content)
            with file.path.open("rb") as written:
                assert written.read(100) == content[:100]
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


async def test_a_mail_that_takes_too_long_is_given_up_and_the_next_is_read() -> None:
    async with readers() as patient:
        await read(patient, SLOW)
    async with readers(within=0.001) as hasty:
        refused = await refusal(hasty, SLOW)
    assert refused.code == "timeout"
    assert refused.text.startswith("reading the mail takes longer than 0.001 s (the mail has ")


async def test_who_waits_behind_a_hang_is_served_after_it() -> None:
    async with readers("silent", within=0.2) as working:
        began = time.monotonic()
        refused = await asyncio.gather(*(refusal(working, PLAIN) for _ in range(3)))
        assert time.monotonic() - began < 15
    assert {each.code for each in refused} == {"timeout"}


async def test_a_mail_that_takes_too_much_memory_is_given_up_and_the_next_is_read() -> None:
    async with readers(memory=120 * 2**20) as working:
        refused = await refusal(working, raw_mail(body="x" * 40_000_000))
        assert (refused.code, refused.text[:51]) == ("memory", "reading the mail takes more than 120 MB of memory (")
        assert (await read(working, PLAIN)).mail.subject == "Hola"


async def test_a_reader_killed_from_outside_costs_its_mail_nothing_but_time() -> None:
    async with readers("dead_once") as working:
        assert (await read(working, PLAIN)).mail.subject == "mine"


def _spent(process: int) -> int:
    """Processor time in ticks; none of one that is gone."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[11])


@pytest.mark.parametrize("way", ["outside", "no_file", "endless", "too_much", "no_json", "another_json", "cut", "dead"])
async def test_a_reader_that_was_taken_over_can_only_lose_its_mail(way: str) -> None:
    async with readers(way) as working:
        refused = await refusal(working, PLAIN)
    assert refused.code == "crashed"
    assert refused.text.startswith("the process that read the mail failed: ")


async def test_the_scripted_reader_speaks_our_language() -> None:
    async with readers("honest") as working:
        assert (await read(working, PLAIN)).mail.subject == "mine"


async def test_where_no_reader_can_be_started_the_mail_is_not_to_blame() -> None:
    async with readers("unable") as working:
        with pytest.raises(NoReader, match="it ended with status 3"):
            await read(working, PLAIN)


async def test_what_goes_wrong_with_the_source_is_its_own_matter() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"x" * 100_000
        raise KeyError("gone")

    async with readers() as working:
        with pytest.raises(KeyError):
            async with working.read(Question(), failing(), 200_000):
                pass


async def test_a_reading_that_is_cancelled_leaves_nothing(folder: Path) -> None:
    async with readers("silent") as working:
        reading = asyncio.create_task(read(working, b"x" * 100_000))
        await eventually(lambda: _nothing(folder, "*/*/mail"), within=30)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert _found(folder, "*/*") == []


async def _nothing(folder: Path, pattern: str) -> str | None:
    return None if _found(folder, pattern) else pattern


def _found(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


async def test_closing_gives_up_what_is_being_read_without_blaming_it() -> None:
    async with readers("silent") as working:
        waiting = [asyncio.create_task(read(working, PLAIN)) for _ in range(3)]
        await eventually(lambda: _missing(bool(children())), within=30)
    assert {type(each) for each in await asyncio.gather(*waiting, return_exceptions=True)} == {NoReader}


async def test_as_many_mails_are_read_at_once_as_there_are_processes() -> None:
    async with readers("together", processes=2, within=30) as working:
        pair = await asyncio.gather(read(working, PLAIN), read(working, PLAIN))
    assert [reading.mail.subject for reading in pair] == ["mine", "mine"]
    async with readers("together", processes=1, within=0.3) as working:
        assert (await refusal(working, PLAIN)).code == "timeout"


async def test_a_process_that_has_read_a_thousand_mails_is_replaced() -> None:
    before = children()
    async with readers("honest") as working:
        await read(working, PLAIN)
        await eventually(lambda: _missing(len(children() - before) == 2), within=30)
        first = children()
        for _ in range(1_000):
            await read(working, PLAIN)
        assert len(children() & first - before) == 1


def environment(process: int) -> bytes:
    return Path(f"/proc/{process}/environ").read_bytes()


async def test_t32_a_reader_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "hunter2")
    before = children()
    async with readers() as working:
        await read(working, PLAIN)
        environments = [environment(child) for child in children() - before]
    assert environments
    assert not any(b"hunter2" in each for each in environments)


MINUTES = raw_mail("To: " + "a:b;" * 2_000_000)
"""Takes nearly a minute."""
GATEWAY = """
import asyncio, sys
from channels.email.parsing import Limits
from channels.email.reading.readers import MailReaders
from channels.email.reading.reading import Question

async def content():
    yield sys.stdin.buffer.read()

async def main():
    readers = MailReaders(within=300, limits=Limits(header_size=10**8, headers_size=10**8))
    await readers.start()
    async with readers.read(Question(), content(), 1):
        print("read", flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_readers_end_with_a_gateway_that_is_killed_though_they_are_busy(folder: Path, loop: str) -> None:
    source = GATEWAY.replace("asyncio.run(", "import uvloop; uvloop.run(") if loop == "uvloop" else GATEWAY
    gateway = await asyncio.create_subprocess_exec(
        sys.executable, "-c", source, stdin=asyncio.subprocess.PIPE, env=os.environ | {"TMPDIR": str(folder)}
    )
    assert gateway.stdin
    gateway.stdin.write(MINUTES)
    gateway.stdin.close()
    await eventually(lambda: _nothing(folder, "*/*/mail"), within=30)
    await eventually(lambda: _working(gateway.pid), within=30)
    readers_of = children(gateway.pid)
    gateway.kill()
    await gateway.wait()
    await eventually(lambda: _gone(readers_of), within=5)
    assert _found(folder, "relevo-mails-*/*/mail")
    async with readers():
        assert not _found(folder, "relevo-mails-*/*/mail")


async def _working(parent: int) -> str | None:
    busy = [child for child in children(parent) if _spent(child) > 60]
    return None if busy else "a reader that works"


async def _gone(processes: set[int]) -> str | None:
    left = [process for process in processes if _found(Path("/proc"), str(process))]
    return f"{left} are left" if left else None
