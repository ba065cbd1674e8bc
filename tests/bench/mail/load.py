"""The load by LMTP: so many connections, each sending its next mail once it has the answer to its last."""

import asyncio
from collections.abc import Iterable, Iterator

from tests.bench.load import LoadFailed
from tests.bench.mail.sample import ADDRESS

CONNECTIONS = 16


async def deliver(port: int, mails: Iterable[bytes], connections: int = CONNECTIONS) -> None:
    """Returns once each was answered with 250. Raises LoadFailed for any other answer."""
    left = iter(mails)
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(_client(port, left))


async def _client(port: int, mails: Iterator[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)

    async def said(line: bytes, expected: bytes) -> None:
        writer.write(line)
        await _answered(reader, expected)

    await _answered(reader, b"220")
    await said(b"LHLO load.example.net\r\n", b"250")
    for mail in mails:
        await said(b"MAIL FROM:<ana@example.net>\r\n", b"250")
        await said(f"RCPT TO:<{ADDRESS}>\r\n".encode(), b"250")
        await said(b"DATA\r\n", b"354")
        await said(mail.replace(b"\r\n.", b"\r\n..") + b".\r\n", b"250")
    await said(b"QUIT\r\n", b"221")
    writer.close()


async def _answered(reader: asyncio.StreamReader, expected: bytes) -> None:
    while True:
        line = await reader.readline()
        if not line.startswith(expected):
            raise LoadFailed(f"answered {line!r} instead of {expected.decode()}")
        if line[3:4] != b"-":
            return
