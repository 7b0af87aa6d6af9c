"""Sending to SFTP servers whose host key an admin has confirmed.

Source: RFC 4253 (host keys), draft-ietf-secsh-filexfer-02 (version 3 of SFTP).
"""

import contextlib
import io
import posixpath
import stat
from collections.abc import Iterator

import paramiko
from paramiko.ssh_exception import (
    AuthenticationException,
    BadAuthenticationType,
    SSHException,
)

from bookbag.deliveries.errors import (
    HostKeyDiffersError,
    HostKeyMissingError,
    TargetAwayError,
    TargetSaysNoError,
    TargetUnsafeError,
)
from bookbag.deliveries.hosts import fingerprint_of, parse_address
from bookbag.deliveries.models import DeliveryTarget
from bookbag.outbound.addresses import open_connection
from bookbag.outbound.errors import AddressRefusedError, HostNotFoundError

TIMEOUT_SECONDS = 60
CONNECT_SECONDS = 20
READ_BYTES = 1 << 18
WINDOW_BYTES = 4 << 20
"""What is asked for at once while a file is read back, and held in memory."""
RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")


class SftpSender:
    """A connection to one SFTP server."""

    def __init__(self, target: DeliveryTarget, secret: str) -> None:
        with _translated_errors():
            host, port = parse_address(target.address)
            peer = open_connection(host, port, timeout_seconds=CONNECT_SECONDS)
            self._transport = paramiko.Transport(peer)
            try:
                self._sftp = self._sign_in(target, secret)
            except BaseException:
                self._transport.close()
                raise

    def create_file(self, name: str, *, size_bytes: int) -> "_SftpFile":
        """Begin a file beside its name, over what a killed attempt left."""
        with _translated_errors():
            self._make_folders(posixpath.dirname(name))
            return _SftpFile(self._sftp, name)

    def iter_file(self, name: str) -> Iterator[bytes]:
        """Yield the content of a file."""
        with _translated_errors():
            place = 0
            while pieces := self._read_window(name, place):
                yield from pieces
                place += sum(map(len, pieces))

    def delete_file(self, name: str) -> None:
        """Delete a file."""
        with _translated_errors():
            self._sftp.remove(name)

    def drop_unfinished(self, name: str, *, is_tried: bool = False) -> int:
        """Remove the staged file of a name; return whether there was one."""
        with _translated_errors():
            try:
                self._sftp.stat(name_staged(name))
            except FileNotFoundError:
                return 0
            if not is_tried:
                self._sftp.remove(name_staged(name))
            return 1

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def _read_window(self, name: str, place: int) -> list[bytes]:
        # What the library was sent and did not hand out it keeps with the open file,
        # to the end of it: so no file stays open for longer than a window.
        with self._sftp.open(name, "rb") as file:
            size = self._sftp.stat(name).st_size or 0
            end = min(place + WINDOW_BYTES, size)
            starts = range(place, end, READ_BYTES)
            asked = [(start, min(READ_BYTES, end - start)) for start in starts]
            return list(file.readv(asked))

    def _sign_in(self, target: DeliveryTarget, secret: str) -> paramiko.SFTPClient:
        transport = self._transport
        transport.banner_timeout = transport.auth_timeout = CONNECT_SECONDS
        if target.host_key:
            # A server has several keys and shows the kind that it is asked for.
            kind = target.host_key.split()[0]
            kinds = RSA_SIGNATURES if kind == "ssh-rsa" else (kind,)
            transport.get_security_options().key_types = kinds
        transport.start_client(timeout=CONNECT_SECONDS)
        _check_host_key(target, transport.get_remote_server_key())
        if is_private_key(secret):
            transport.auth_publickey(target.account, _load_key(secret))
        else:
            transport.auth_password(target.account, secret)
        sftp = paramiko.SFTPClient.from_transport(transport)
        channel = None if sftp is None else sftp.get_channel()
        if sftp is None or channel is None:
            message = "The server opens no SFTP channel"
            raise TargetSaysNoError(message)
        channel.settimeout(TIMEOUT_SECONDS)
        return sftp

    def _make_folders(self, folder: str) -> None:
        if folder in ("", "/") or self._is_folder(folder):
            return
        self._make_folders(posixpath.dirname(folder))
        self._sftp.mkdir(folder)

    def _is_folder(self, folder: str) -> bool:
        try:
            return stat.S_ISDIR(self._sftp.stat(folder).st_mode or 0)
        except FileNotFoundError:
            return False


class _SftpFile:
    """A file that is written beside its name and then renamed."""

    def __init__(self, sftp: paramiko.SFTPClient, name: str) -> None:
        self._sftp = sftp
        self._name = name
        self._staged = name_staged(name)
        self._file = sftp.open(self._staged, "wb")
        self._file.set_pipelined()

    def write(self, piece: bytes) -> int:
        with _translated_errors():
            self._file.write(piece)
        return len(piece)

    def flush(self) -> None:
        with _translated_errors():
            self._file.flush()

    def commit(self) -> None:
        with _translated_errors():
            self._file.close()
            try:
                self._sftp.posix_rename(self._staged, self._name)
            except OSError:  # not every server has it, and the plain one never replaces
                with contextlib.suppress(FileNotFoundError):
                    self._sftp.remove(self._name)
                self._sftp.rename(self._staged, self._name)

    def abort(self) -> None:
        with _translated_errors():
            self._file.close()
            self._sftp.remove(self._staged)


def name_staged(name: str) -> str:
    """Return what a file is called until it is whole."""
    return f"{name}.part"


def _check_host_key(target: DeliveryTarget, shown: paramiko.PKey) -> None:
    line = f"{shown.get_name()} {shown.get_base64()}"
    if not target.host_key:
        raise HostKeyMissingError(line, fingerprint_of(line))
    if line != " ".join(target.host_key.split()[:2]):
        message = (
            f"Found host key {fingerprint_of(line)}, expected "
            f"{fingerprint_of(target.host_key)}: nothing was sent"
        )
        raise HostKeyDiffersError(message)


def is_private_key(secret: str) -> bool:
    """Answer whether a secret is a private key, not a password."""
    return secret.lstrip().startswith("-----BEGIN ")


def _load_key(secret: str) -> paramiko.PKey:
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with contextlib.suppress(SSHException, ValueError, IndexError):
            return kind.from_private_key(io.StringIO(secret.strip() + "\n"))
    message = (
        "Found a private key that cannot be read, expected one of Ed25519, ECDSA or "
        "RSA without a passphrase"
    )
    raise TargetSaysNoError(message)


@contextlib.contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except AddressRefusedError as error:
        raise TargetUnsafeError(str(error)) from error
    except HostNotFoundError as error:
        raise TargetAwayError(str(error)) from error
    except (AuthenticationException, BadAuthenticationType) as error:
        message = f"The server refuses the user or the secret: {error}"
        raise TargetSaysNoError(message) from error
    except (PermissionError, FileNotFoundError) as error:
        message = f"The server refuses the folder or the file: {error}"
        raise TargetSaysNoError(message) from error
    except (SSHException, OSError, EOFError) as error:
        reason = str(error) or type(error).__name__
        message = f"The server does not answer, or broke off: {reason}"
        raise TargetAwayError(message) from error
