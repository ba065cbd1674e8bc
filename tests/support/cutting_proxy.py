"""A way to a PostgreSQL server that can be cut just after a commit was sent, before its answer comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_CHUNK = 65_536
_COMMIT = b"COMMIT\0"


class CuttingProxy:
    """Once `cut_next_commit` is set, the next COMMIT reaches the server, and its answer nobody."""

    def __init__(self, port: int) -> None:
        self.cut_next_commit = False
        self.cuts = 0
        self.under_way: set[asyncio.Task[None]] = set()
        self._server_port = port

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._forward(reader, writer))
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        answers = asyncio.create_task(_copy(server_reader, writer))
        try:
            while data := await reader.read(_CHUNK):
                if self.cut_next_commit and _COMMIT in data:
                    await self._commit_and_cut(data, answers, server_reader, server_writer)
                    break
                server_writer.write(data)
        finally:
            answers.cancel()
            for each in (writer, server_writer):
                each.transport.abort()

    async def _commit_and_cut(
        self,
        commit: bytes,
        answers: asyncio.Task[None],
        server_reader: asyncio.StreamReader,
        server_writer: asyncio.StreamWriter,
    ) -> None:
        self.cut_next_commit = False
        answers.cancel()
        await asyncio.wait({answers})
        server_writer.write(commit)
        assert _COMMIT in await server_reader.read(_CHUNK)
        self.cuts += 1


@asynccontextmanager
async def cutting_proxy(server_port: int) -> AsyncIterator[tuple[CuttingProxy, int]]:
    """The proxy, and the port that it listens on."""
    proxy = CuttingProxy(server_port)
    server = await asyncio.start_server(proxy.connected, "127.0.0.1", 0)
    try:
        yield proxy, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in proxy.under_way:
            task.cancel()
        await asyncio.gather(*proxy.under_way, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
