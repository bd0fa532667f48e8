"""A TCP link that can be cut, stalled or slowed: a small proxy between two of our processes, on a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Self

READ_BYTES: Final = 64 * 1024


class Loop:
    """An event loop on a thread, for all links of a campaign. A context manager."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="links", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def call(self, work: Callable[[], object]) -> None:
        """Do `work` on the loop's thread and wait for it."""

        async def do() -> None:
            work()

        asyncio.run_coroutine_threadsafe(do(), self.loop).result()


class Link:
    """Forwards what connects to `port` on 127.0.0.1 to `target_port` there. Its methods may be called by any thread."""

    def __init__(self, loop: Loop, port: int, target_port: int) -> None:
        self.port, self._target, self._loop = port, target_port, loop
        self._open = True
        self._delay_seconds = 0.0
        self._bytes_per_second = 0.0
        self._flowing = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self.cuts = 0
        """How many connections were cut."""
        loop.call(self._flowing.set)
        starting = asyncio.start_server(self._serve, "127.0.0.1", port)
        self._server = asyncio.run_coroutine_threadsafe(starting, loop.loop).result()

    def cut(self) -> None:
        """End every connection, and each new one at once, until `restore`."""
        self._loop.call(self._cut)

    def stall(self) -> None:
        """Let nothing pass and end nothing, until `restore`; then everything arrives."""
        self._loop.call(self._flowing.clear)

    def slow(self, delay_seconds: float, bytes_per_second: float) -> None:
        """Delay each piece and pass no more than so much, until `restore`."""
        self._delay_seconds, self._bytes_per_second = delay_seconds, bytes_per_second

    def restore(self) -> None:
        """As good as new."""
        self._delay_seconds = self._bytes_per_second = 0.0
        self._open = True
        self._loop.call(self._flowing.set)

    def close(self) -> None:
        """End every connection and listen no more."""
        self._loop.call(self._cut)
        self._loop.call(self._server.close)

    def _cut(self) -> None:
        self._open = False
        self._flowing.set()
        self.cuts += len(self._writers) // 2
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()  # the server is away, as its client would find without a proxy
            return
        ends = {writer, back}
        self._writers |= ends
        try:
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        finally:
            self._writers -= ends

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one direction; its end closes the other side."""
        with suppress(OSError):
            while data := await reader.read(READ_BYTES):
                await self._flowing.wait()
                if self._delay_seconds:
                    await asyncio.sleep(self._delay_seconds)
                if self._bytes_per_second:
                    await asyncio.sleep(len(data) / self._bytes_per_second)
                writer.write(data)
                await writer.drain()
        with suppress(OSError):
            writer.close()
