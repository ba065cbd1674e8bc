"""multipart/form-data, part by part."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.web.parts import NotMultipart, Part, Parts

BOUNDARY = "----x"


def stream(content: bytes, sizes: list[int]) -> Parts:
    """The parts of a content that comes in chunks of these sizes, again and again."""
    chunks = []
    at = number = 0
    while at < len(content):
        size = sizes[number % len(sizes)]
        chunks.append(content[at : at + size])
        at, number = at + size, number + 1
    left = iter(chunks)

    async def read() -> bytes:
        return next(left, b"")

    return Parts(read, BOUNDARY)


async def read_all(parts: Parts) -> list[tuple[Part, bytes]]:
    found = []
    while part := await parts.next():
        found.append((part, b"".join([chunk async for chunk in parts.content()])))
    return found


def written(*contents: bytes) -> bytes:
    parts = [
        b'------x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n' % number + content + b"\r\n"
        for number, content in enumerate(contents)
    ]
    return b"".join(parts) + b"------x--\r\n"


AWKWARD = st.lists(
    st.sampled_from([b"\r", b"\n", b"-", b"--", b"x", b"------x", b"\r\n----", b"\r\n------", b"a", b"\x00\xff"]),
    max_size=12,
).map(b"".join)


@given(
    contents=st.lists(st.one_of(AWKWARD, st.binary(max_size=50)), max_size=4),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5),
)
async def test_every_content_comes_back_however_it_is_cut(contents: list[bytes], sizes: list[int]) -> None:
    honest = [content for content in contents if b"\r\n------x" not in b"\r\n" + content]
    found = await read_all(stream(written(*honest), sizes))
    assert [content for _, content in found] == honest
    assert [part.name for part, _ in found] == [f"f{number}" for number in range(len(honest))]


@given(content=st.binary(max_size=300), sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5))
async def test_whatever_comes_it_ends(content: bytes, sizes: list[int]) -> None:
    with contextlib.suppress(NotMultipart):
        await read_all(stream(b"------x\r\n" + content, sizes))


@pytest.mark.parametrize(
    ("disposition", "name", "filename"),
    [
        ('form-data; name="a"', "a", None),
        ("form-data; name=a", "a", None),
        ('Form-Data; NAME="a"; FileName="b.txt"', "a", "b.txt"),
        ('form-data; name="a"; filename=""', "a", ""),
        ('form-data; name="a"; filename="x%22y%0D%0Az.txt"', "a", 'x"y\r\nz.txt'),
        ('form-data; name="a"; filename="x\\"y.txt"', "a", 'x"y.txt'),
        ('form-data; name="a"; filename="C:\\temp\\x.txt"', "a", "C:\\temp\\x.txt"),
        ('form-data; name="a"; filename="100%25.txt"', "a", "100%25.txt"),
        ('form-data; name="a"; filename="año.pdf"', "a", "año.pdf"),
        ("form-data; name=\"a\"; filename*=utf-8''a%C3%B1o.pdf", "a", "año.pdf"),
        ('form-data; name="a"; filename="b"; filename*=UTF-8\'\'c', "a", "c"),
        ('form-data; name="a;b"; filename="c; name=d"', "a;b", "c; name=d"),
    ],
)
async def test_names_are_read_as_browsers_write_them(disposition: str, name: str, filename: str | None) -> None:
    content = f"------x\r\nContent-Disposition: {disposition}\r\n\r\nv\r\n------x--".encode()
    (found,) = await read_all(stream(content, [1000]))
    assert (found[0].name, found[0].filename, found[1]) == (name, filename, b"v")


@pytest.mark.parametrize(
    ("headers", "encoded"),
    [
        ("", False),
        ("Content-Transfer-Encoding: binary\r\n", False),
        ("Content-Transfer-Encoding: BASE64\r\n", True),
        ("content-transfer-encoding: gzip\r\n", True),
        ("Content-Encoding: gzip\r\n", True),
        ("Content-Type: text/plain\r\n", False),
    ],
)
async def test_an_encoded_part_says_so(headers: str, encoded: bool) -> None:
    content = f'------x\r\n{headers}Content-Disposition: form-data; name="a"\r\n\r\nv\r\n------x--'.encode()
    (found,) = await read_all(stream(content, [1000]))
    assert found[0].encoded is encoded


DISPOSITION = b'Content-Disposition: form-data; name="a"\r\n'
BROKEN = {
    "nothing": b"",
    "no end": b"------x\r\n" + DISPOSITION + b"\r\nv",
    "no delimiter": b"hello",
    "a preamble": b"hello\r\n------x\r\n" + DISPOSITION + b"\r\nv\r\n------x--",
    "more on the delimiter's line": b"------xyz\r\n" + DISPOSITION + b"\r\nv\r\n------x--",
    "no headers": b"------x\r\n\r\nv\r\n------x--",
    "no name": b"------x\r\nContent-Disposition: form-data\r\n\r\nv\r\n------x--",
    "another disposition": b'------x\r\nContent-Disposition: attachment; name="a"\r\n\r\nv\r\n------x--',
    "a header twice": b"------x\r\n" + DISPOSITION * 2 + b"\r\nv\r\n------x--",
    "a name twice": b'------x\r\nContent-Disposition: form-data; name="a"; name="b"\r\n\r\nv\r\n------x--',
    "a folded header": b"------x\r\n" + DISPOSITION + b" folded\r\n\r\nv\r\n------x--",
    "no colon": b"------x\r\n" + DISPOSITION + b"nonsense\r\n\r\nv\r\n------x--",
    "many headers": b"------x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(9)) + b"\r\nv\r\n------x--",
    "endless headers": b"------x\r\nX: " + b"y" * 20_000,
    "long headers": b"------x\r\nX: " + b"y" * 20_000 + b"\r\n\r\nv\r\n------x--",
    "an endless delimiter": b"------x" + b" " * 20_000,
}


@pytest.mark.parametrize("sizes", [[1000], [1], [100_000]])
@pytest.mark.parametrize("kind", BROKEN)
async def test_what_breaks_the_rules_is_refused(kind: str, sizes: list[int]) -> None:
    with pytest.raises(NotMultipart):
        await read_all(stream(BROKEN[kind], sizes))


@pytest.mark.parametrize("boundary", ["", "a" * 71, "x\r\ny", "ñ", "ends with a space "])
def test_a_boundary_is_bounded(boundary: str) -> None:
    async def read() -> bytes:
        return b""

    with pytest.raises(NotMultipart):
        Parts(read, boundary)


async def test_a_form_may_be_empty() -> None:
    assert await read_all(stream(b"------x--\r\n", [3])) == []


async def test_what_follows_the_last_delimiter_is_not_looked_at() -> None:
    assert len(await read_all(stream(written(b"v") + b"epilogue" * 100, [7]))) == 1


async def test_a_content_is_never_gathered_whole() -> None:
    left = 1000
    largest = 0
    parts: Parts

    async def read() -> bytes:
        nonlocal left
        left -= 1
        if left == 999:
            return b"------x\r\n" + DISPOSITION + b"\r\n"
        return bytes(10_000) if left else b"\r\n------x--"

    parts = Parts(read, BOUNDARY)
    await parts.next()
    async for chunk in parts.content():
        largest = max(largest, len(chunk))
    assert largest <= 10_000
