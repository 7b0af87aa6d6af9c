"""A bad line: a proxy that breaks connections off after some bytes of answers."""

import contextlib
import socket
import struct
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

PIECE_BYTES = 4096
READING_SECONDS = 1.0
"""How long the client has for reading what came, which a reset throws away."""
RESET = struct.pack("ii", 1, 0)
"""Closing sends a reset, as a line that is gone does, and not an orderly end."""


class BadLine:
    """A TCP proxy in front of a port of this machine.

    Args:
        port: Where the server listens.
        cuts: After how many bytes of answers each connection is broken off; a
            connection that comes after those goes undisturbed.
        stalls: Whether such a connection stays open and brings nothing more.
    """

    def __init__(self, port: int, cuts: Sequence[int], *, stalls: bool = False) -> None:
        self._stalls = stalls
        self._closing = threading.Event()
        self._port = port
        self._cuts = list(cuts)
        self.carried: list[int] = []
        """The bytes of answers that each connection carried."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        # Shutting down wakes the thread that waits for connections; closing does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    @property
    def cuts_left(self) -> int:
        """How many connections will still be broken off."""
        return len(self._cuts)

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        limit = self._cuts.pop(0) if self._cuts else None
        place = len(self.carried)
        self.carried.append(0)
        with client, socket.create_connection(("127.0.0.1", self._port)) as server:
            asking = threading.Thread(target=_copy, args=(client, server), daemon=True)
            asking.start()
            with contextlib.suppress(OSError):
                self._answer(client, server, place, limit)
            for end in (client, server):
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    end.shutdown(socket.SHUT_RDWR)

    def _answer(
        self,
        client: socket.socket,
        server: socket.socket,
        place: int,
        limit: int | None,
    ) -> None:
        while piece := server.recv(PIECE_BYTES):
            if limit is not None:
                piece = piece[: limit - self.carried[place]]
            client.sendall(piece)
            self.carried[place] += len(piece)
            if limit is not None and self.carried[place] >= limit:
                self._closing.wait(None if self._stalls else READING_SECONDS)
                return


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(PIECE_BYTES):
            target.sendall(piece)
