"""Forms with files, through the real listener and over raw HTTP."""

import asyncio
import gzip
import hashlib
import io
import json
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from channels.web.attachment_settings import AttachmentSettings
from channels.web.multipart import FilesRefused, FormLimits, read_form
from gateway.blobs import FileBlobs
from gateway.core.attachments import UNKNOWN_TYPE
from gateway.core.errors import StoreUnavailable
from gateway.core.texts import SOURCE, Language
from gateway.core.ticket import Attachment
from gateway.listener import Limits
from tests.support.blobs import MemoryBlobs
from tests.support.clock import SetClock
from tests.support.web import Served, connection

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LIMITS = FormLimits(2000, AttachmentSettings(count=3, size=100_000, total=200_000))


def field(name: str, value: str) -> bytes:
    return b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name.encode(), value.encode())


def file(content: bytes, name: str = "a.png", media_type: str = "image/png", extra: str = "") -> bytes:
    head = (
        f'Content-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: {media_type}\r\n{extra}\r\n'
    )
    return head.encode() + content


def form(*parts: bytes) -> bytes:
    return b"".join(b"--BOUND\r\n%s\r\n" % part for part in parts) + b"--BOUND--\r\n"


def request(body: bytes, *, length: int | None = None, head: str = "") -> bytes:
    lines = (
        "POST /form HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        "Content-Type: multipart/form-data; boundary=BOUND\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n{head}\r\n"
    )
    return lines.encode() + body


class FormServer:
    """A route that reads a form, and answers what it found."""

    def __init__(self, blobs: MemoryBlobs | FileBlobs, limits: FormLimits = LIMITS) -> None:
        self.blobs = blobs
        self.limits = limits
        self.largest_read = 0
        self.port = 0
        self.ended = asyncio.Event()

    async def receive(self, request: web.Request) -> web.Response:
        try:
            fields, attachments = await read_form(request, self.limits, self.blobs, Language(SOURCE, {}))
        except FilesRefused as refused:
            self.largest_read = request.content.total_bytes
            told = [error.detail for error in refused.errors]
            return _answer(refused.fields, refused.attachments, told, refused.type.status)
        except BaseException:
            self.largest_read = request.content.total_bytes
            raise
        finally:
            self.ended.set()
        return _answer(fields, attachments, [], 200)

    async def send(self, data: bytes, *, within: float = 5.0) -> tuple[int, Any]:
        """The status and JSON of the answer to these bytes."""
        async with connection(self.port) as (reader, writer):
            writer.write(data)
            async with asyncio.timeout(within):
                return await read_answer(reader)


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, Any]:
    received = b""
    try:
        while chunk := await reader.read(65_536):
            received += chunk
    except ConnectionResetError:
        pass
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def _answer(fields: dict[str, str], attachments: list[Attachment], errors: list[str], status: int) -> web.Response:
    found = {"fields": fields, "attachments": [asdict(each) for each in attachments], "errors": errors}
    return web.json_response(found, status=status)


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs(SetClock())


@pytest.fixture
async def server(blobs: MemoryBlobs) -> AsyncIterator[FormServer]:
    server = FormServer(blobs)
    limits = Limits(body_seconds=0.3, body_rate=100_000.0)
    async with Served([web.post("/form", server.receive)], limits) as listener:
        server.port = listener.address.port
        yield server


async def test_fields_and_files_are_read(server: FormServer, blobs: MemoryBlobs) -> None:
    status, found = await server.send(
        request(
            form(
                field("subject", " Año "),
                file(PNG, "año.png"),
                field("body", "x\r\ny"),
                file(b"b", "b.txt", "text/plain"),
            )
        )
    )
    digest = hashlib.sha256(PNG).hexdigest()
    assert status == 200
    assert found["fields"] == {"subject": "Año", "body": "x\r\ny"}
    assert found["attachments"][0] == {"name": "año.png", "media_type": "image/png", "size": len(PNG), "digest": digest}
    assert found["attachments"][1]["media_type"] == "text/plain"
    assert blobs.contents[digest] == PNG


async def test_an_urlencoded_form_has_fields_only(server: FormServer) -> None:
    body = b"subject=A%C3%B1o&body=x"
    head = f"POST /form HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    data = f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + body
    status, found = await server.send(data)
    assert (status, found["fields"], found["attachments"]) == (200, {"subject": "Año", "body": "x"}, [])


async def test_an_input_that_nobody_filled_is_no_file(server: FormServer) -> None:
    status, found = await server.send(request(form(file(b"", "", UNKNOWN_TYPE), field("body", "x"))))
    assert (status, found["attachments"], found["fields"]) == (200, [], {"body": "x"})


async def test_an_empty_file_with_a_name_is_a_file(server: FormServer) -> None:
    _, found = await server.send(request(form(file(b"", "empty.log", "text/plain"))))
    assert [(each["name"], each["size"]) for each in found["attachments"]] == [("empty.log", 0)]


async def test_a_file_too_big_is_named_and_the_rest_is_kept(server: FormServer, blobs: MemoryBlobs) -> None:
    big = file(bytes(100_001), "big.zip", "application/zip")
    status, found = await server.send(request(form(field("a", "1"), big, file(PNG), field("b", "2"))))
    assert status == 422
    assert found["errors"] == ["“big.zip” is too big: a file may have at most 0.1 MB."]
    assert found["fields"] == {"a": "1", "b": "2"}
    assert [each["name"] for each in found["attachments"]] == ["a.png"]
    assert len(blobs.contents) == 1


async def test_files_too_big_together_are_named(server: FormServer) -> None:
    parts = [file(bytes([number]) * 90_000, f"{number}.zip", "application/zip") for number in range(3)]
    status, found = await server.send(request(form(*parts)))
    assert status == 422
    assert found["errors"] == ["With “2.zip” the files are too big: together they may have at most 0.2 MB."]
    assert len(found["attachments"]) == 2


async def test_one_file_too_many_is_named(server: FormServer) -> None:
    status, found = await server.send(request(form(*(file(PNG, f"{number}.png") for number in range(4)))))
    assert (status, found["errors"]) == (422, ["“3.png” is one file too many: there may be at most 3."])


async def test_a_kind_that_is_not_taken_is_named(server: FormServer, blobs: MemoryBlobs) -> None:
    status, found = await server.send(request(form(file(b"MZ", "setup.exe", "application/x-msdownload"))))
    assert status == 422
    assert found["errors"] == ["“setup.exe” is of a kind that can't be sent here (application/x-msdownload)."]
    assert blobs.contents == {}


async def test_a_full_disk_refuses_files_and_keeps_the_text(server: FormServer, blobs: MemoryBlobs) -> None:
    blobs.failure = StoreUnavailable("full")
    status, found = await server.send(request(form(file(PNG), field("body", "x"))))
    assert status == 503
    assert found["errors"][0].startswith("“a.png” can't be saved at the moment.")
    assert found["fields"] == {"body": "x"}


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "C:\\\\windows\\\\x", "/etc/shadow", "a/../../b", ".htaccess", "x%00.png", "a\u202egnp.exe"],
)
async def test_t01_a_file_name_never_becomes_a_path(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inner" / "blobs"
    blobs = FileBlobs(folder, SetClock(), _unexpected)
    await blobs.start()
    server = FormServer(blobs)
    async with Served([web.post("/form", server.receive)]) as listener:
        server.port = listener.address.port
        status, found = await server.send(request(form(file(PNG, name))))
    await blobs.close()
    digest = hashlib.sha256(PNG).hexdigest()
    assert status == 200
    assert "\u202e" not in found["attachments"][0]["name"]
    assert files_under(tmp_path) == [folder / digest[:2] / digest[2:4] / digest]


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _unexpected(error: Exception) -> None:
    raise AssertionError("the store failed") from error


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (b"<html><script>alert(1)</script>", "image/png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/jpeg"),
        (b"<?xml version='1.0'?><x/>", "text/plain"),
        (b"GIF89a<script>alert(1)</script>", "image/png"),
        (b"alert(1)", "image/gif"),
    ],
)
async def test_t04_what_pretends_to_be_another_is_unknown(server: FormServer, content: bytes, declared: str) -> None:
    _, found = await server.send(request(form(file(content, "x.png", declared))))
    assert found["attachments"][0]["media_type"] == UNKNOWN_TYPE


@pytest.mark.parametrize("declared", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript"])
async def test_t04_what_a_browser_could_execute_is_refused_or_unknown(server: FormServer, declared: str) -> None:
    status, found = await server.send(request(form(file(b"alert(1)", "x", declared))))
    assert status == 422 or found["attachments"][0]["media_type"] == UNKNOWN_TYPE


@pytest.mark.parametrize(
    "header", ["Content-Encoding: gzip", "Content-Transfer-Encoding: gzip", "Content-Transfer-Encoding: base64"]
)
async def test_t18_a_compressed_part_is_refused(server: FormServer, blobs: MemoryBlobs, header: str) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    status, found = await server.send(request(form(file(bomb, "x.png", "image/png", header + "\r\n"), field("b", "y"))))
    assert status == 422
    assert found["errors"] == ["“x.png” is encoded in a way that isn't taken here."]
    assert (found["fields"], blobs.contents) == ({"b": "y"}, {})


async def test_t18_a_compressed_field_is_refused(server: FormServer) -> None:
    part = b"Content-Encoding: gzip\r\n" + field("body", "x")
    assert (await server.send(request(form(part))))[0] == 400


async def test_t18_a_compressed_form_is_refused(server: FormServer) -> None:
    body = gzip.compress(form(field("body", "x")))
    assert (await server.send(request(body, head="Content-Encoding: gzip\r\n")))[0] == 415


async def test_t18_an_archive_is_kept_as_it_is(server: FormServer, blobs: MemoryBlobs) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("../../bomb", bytes(20_000_000))
    content = archive.getvalue()
    _, found = await server.send(request(form(file(content, "bomb.zip", "application/zip"))))
    assert found["attachments"][0]["size"] == len(content)
    assert list(blobs.contents.values()) == [content]


async def test_ten_thousand_parts_are_refused_early(server: FormServer) -> None:
    server.limits = replace(LIMITS, fields=2_000_000)
    status, problem = await server.send(request(form(*(field(f"f{number}", "") for number in range(10_000)))))
    assert (status, problem["type"]) == (400, "/problems#malformed-content")


async def test_ten_thousand_files_are_refused_early(server: FormServer, blobs: MemoryBlobs) -> None:
    server.limits = replace(LIMITS, files=AttachmentSettings(count=20, size=5_000_000, total=5_000_000))
    parts = (file(b"%d" % number, f"{number}.txt", "text/plain") for number in range(10_000))
    assert (await server.send(request(form(*parts))))[0] == 400
    assert len(blobs.contents) <= 20


async def test_nested_parts_are_bytes(server: FormServer) -> None:
    inner = "Content-Type: multipart/mixed; boundary=INNER\r\n"
    part = inner.encode() + field("body", "--INNER\r\n\r\nx\r\n--INNER--")
    status, found = await server.send(request(form(part)))
    assert (status, found["fields"]["body"]) == (200, "--INNER\r\n\r\nx\r\n--INNER--")


async def test_fields_are_bounded_together(server: FormServer) -> None:
    status, _ = await server.send(request(form(field("a", "x" * 1500), field("b", "x" * 1500))))
    assert status == 413


async def test_a_body_declared_too_large_is_refused_without_reading_it(server: FormServer) -> None:
    status, problem = await server.send(request(form(field("a", "b"))[:40], length=50_000_000))
    assert (status, problem["type"]) == (413, "/problems#too-large")
    assert server.largest_read < 1000


async def test_a_body_that_grows_too_large_is_refused_without_reading_it_all(server: FormServer) -> None:
    head = (
        b"POST /form HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: multipart/form-data; boundary=BOUND\r\n\r\n"
    )
    chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
    start = b"--BOUND\r\n" + file(b"", "x.zip", "application/zip")
    async with connection(server.port) as (reader, writer):
        writer.write(head + b"%x\r\n%s\r\n" % (len(start), start))
        sent = 0
        answer = asyncio.create_task(read_answer(reader))
        try:
            while sent < 50_000_000 and not answer.done():
                writer.write(chunk)
                await writer.drain()
                sent += 65_536
        except ConnectionError:
            pass
        status, _ = await answer
    assert status == 413
    assert server.largest_read < 2 * LIMITS.body


async def test_memory_is_bounded_while_a_big_file_comes_in(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path, SetClock(), _unexpected)
    await blobs.start()
    server = FormServer(blobs, FormLimits(2000, AttachmentSettings(count=1, size=30_000_000, total=30_000_000)))
    whole = 20_000_000
    start = b"--BOUND\r\n" + file(b"", "big.zip", "application/zip")
    end = b"\r\n--BOUND--\r\n"
    async with (
        Served([web.post("/form", server.receive)]) as listener,
        connection(listener.address.port) as (reader, writer),
    ):
        tracemalloc.start()
        writer.write(request(start, length=len(start) + whole + len(end)))
        for _ in range(whole // 50_000):
            writer.write(bytes(50_000))
            await writer.drain()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        writer.write(end)
        status, found = await read_answer(reader)
    await blobs.close()
    assert (status, found["attachments"][0]["size"]) == (200, whole)
    assert most < 5_000_000


async def test_a_slow_upload_that_moves_is_waited_for(server: FormServer) -> None:
    content = request(form(file(bytes(99_000), "x.zip", "application/zip")))
    async with connection(server.port) as (reader, writer):
        for start in range(0, len(content), 11_000):
            writer.write(content[start : start + 11_000])
            await asyncio.sleep(0.06)
        status, _ = await read_answer(reader)
    assert status == 200


async def test_an_upload_that_stands_still_is_ended(server: FormServer, blobs: MemoryBlobs) -> None:
    content = request(form(file(bytes(99_000), "x.zip", "application/zip")))
    async with connection(server.port) as (reader, writer):
        writer.write(content[:5_000])
        async with asyncio.timeout(3):
            status, problem = await read_answer(reader)
    assert (status, problem["type"]) == (408, "/problems#too-slow")
    assert blobs.contents == {}


async def test_a_client_that_leaves_half_way_leaves_nothing(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "blobs", SetClock(), _unexpected)
    await blobs.start()
    server = FormServer(blobs)
    async with Served([web.post("/form", server.receive)]) as listener:
        async with connection(listener.address.port) as (_, writer):
            writer.write(request(form(file(bytes(99_000), "x.zip", "application/zip")))[:50_000])
            await writer.drain()
        async with asyncio.timeout(3):
            await server.ended.wait()
    await blobs.close()
    assert files_under(tmp_path) == []


async def test_another_type_is_refused(server: FormServer) -> None:
    data = request(b"{}").replace(b"multipart/form-data; boundary=BOUND", b"application/json")
    assert (await server.send(data))[0] == 415


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 80],
)
async def test_a_form_without_a_boundary_is_refused(server: FormServer, content_type: str) -> None:
    data = request(form(field("a", "b"))).replace(b"multipart/form-data; boundary=BOUND", content_type.encode())
    assert (await server.send(data))[0] == 400


async def test_a_field_that_is_not_utf8_is_refused(server: FormServer) -> None:
    assert (await server.send(request(form(field("a", "") + b"\xff"))))[0] == 400
