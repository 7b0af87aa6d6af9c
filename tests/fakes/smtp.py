"""A mail server on this machine: it keeps mails, refuses them, or misbehaves."""

import email
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage


class SmtpServer(socketserver.ThreadingTCPServer):
    """A small mail server that keeps what it is given, or refuses it."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.refuses = False
        """Whether it asks every sender to come back later."""
        self.delay_seconds = 0.0
        """How long it thinks before it takes a mail."""
        self.forgets_to_answer = False
        """Whether it hangs up after it has kept a mail, without saying so."""
        super().__init__(("127.0.0.1", 0), SmtpConversation)

    @property
    def address(self) -> str:
        """Where it listens, as ``BOOKBAG_MAIL_URL`` names it."""
        host, port = self.server_address[:2]
        return f"smtp://{host!s}:{port}"

    def read_mails(self) -> list[EmailMessage]:
        """Return what it was given."""
        return [
            email.message_from_bytes(m, policy=policy.default) for m in self.received
        ]


class SmtpConversation(socketserver.StreamRequestHandler):
    """RFC 5321 as far as a client needs it."""

    server: SmtpServer

    def handle(self) -> None:
        self._say("220 mail.example ready")
        while line := self.rfile.readline().strip().upper():
            verb = line.split()[0]
            if verb == b"DATA":
                self._say("354 go on")
                self._receive()
                if self.server.forgets_to_answer:
                    return
            elif verb == b"RCPT" and self.server.refuses:
                self._say("451 later, please")
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _receive(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        time.sleep(self.server.delay_seconds)
        self.server.received.append(b"".join(lines))
        if not self.server.forgets_to_answer:
            self._say("250 kept")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def running_smtp_server() -> Iterator[SmtpServer]:
    """Run a mail server for the block."""
    with SmtpServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
