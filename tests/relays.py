"""Relays between a port and a socket file, run as ``python relays.py FROM TO ...``.

A socket file is the one thing that two networks of a machine can share, so a relay on
each side of it leads from a port of the one to the same port of the other.
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress

CHUNK_BYTES = 1 << 16
LOCAL = "127.0.0.1"


async def main(places: Sequence[str]) -> None:
    """Relay from each place to the one after it, until the process ends.

    Args:
        places: Ports of 127.0.0.1, or paths of socket files.
    """
    servers = [
        await _listen(source, target)
        for source, target in zip(places[::2], places[1::2], strict=True)
    ]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def _listen(source: str, target: str) -> asyncio.Server:
    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await _connect(target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))

    if source.isdecimal():
        return await asyncio.start_server(relay, LOCAL, int(source))
    return await asyncio.start_unix_server(relay, source)


async def _connect(target: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if target.isdecimal():
        return await asyncio.open_connection(LOCAL, int(target))
    return await asyncio.open_unix_connection(target)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
            return
    writer.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
