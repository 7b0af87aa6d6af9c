"""Real storage for tests to send to: an S3-compatible store, and an SFTP server."""

import getpass
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from bookbag.outbound.s3 import make_s3_client
from tests import services
from tests.functional.sites import find_ports, stop, wait_until

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ACCESS_KEY = "test-access-key"
SECRET = "test-secret"  # noqa: S105 - of a store that ends with the tests
ACTIONS = ["Admin", "Read", "Write", "List", "Tagging"]
PORTS = ("master", "volume", "filer", "s3")


class Server:
    """A server process of the tests' own, stopped by its process id."""

    process: subprocess.Popen[bytes]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        stop(self.process)

    def _start(self, folder: Path, *command: str) -> None:
        with (folder / "log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - a program of this machine
                command, stdout=log, stderr=log, cwd=folder
            )

    def _wait(self, folder: Path, is_so: Callable[[], bool], what: str) -> None:
        def is_so_or_ended() -> bool:
            if self.process.poll() is not None:
                raise AssertionError((folder / "log").read_text()[-2000:])
            return is_so()

        try:
            wait_until(is_so_or_ended, what)
        except BaseException:
            self._stop()
            raise


class StoreServer(Server):
    """SeaweedFS with one bucket for each test that asks for one."""

    def __init__(self, folder: Path) -> None:
        program = Path(sys.executable).with_name("weed")
        if not program.exists():
            services.skip_or_fail("The program 'weed' is not installed")
        ports = find_ports(2 * len(PORTS))
        numbered = dict(zip(PORTS, zip(*[iter(ports)] * 2, strict=True), strict=True))
        self.endpoint_url = f"http://127.0.0.1:{numbered['s3'][0]}"
        self._socket_files = [
            Path(f"/tmp/seaweedfs-{name}-grpc-{port}.sock")  # noqa: S108 - not our choice
            for name, (_, port) in numbered.items()
        ]
        keys = {"accessKey": ACCESS_KEY, "secretKey": SECRET}
        people = [{"name": "tests", "credentials": [keys], "actions": ACTIONS}]
        config = folder / "s3.json"
        config.write_text(json.dumps({"identities": people}))
        self._start(
            folder,
            *(str(program), "server", f"-dir={folder}", "-filer", "-s3"),
            *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"),
            *(f"-s3.config={config}", f"-s3.localSocket={folder}/s3"),
            *("-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0"),
            f"-filer.localSocket={folder}/filer",
            *(
                "-s3.autoCreateBucket=false",
                "-volume.max=2000",
                "-master.volumeSizeLimitMB=128",
            ),
            *(f"-{name}.port={port}" for name, (port, _) in numbered.items()),
            *(f"-{name}.port.grpc={port}" for name, (_, port) in numbered.items()),
        )
        self.client = self.make_client()
        self._wait(folder, self._answers, "the store to answer")

    def make_client(self, *, is_guarded: bool = False) -> "S3Client":
        return make_s3_client(
            endpoint_url=self.endpoint_url,
            region="us-east-1",
            access_key=ACCESS_KEY,
            secret=SECRET,
            is_guarded=is_guarded,
        )

    def make_bucket(self) -> str:
        name = f"bucket-{secrets.token_hex(6)}"
        self.client.create_bucket(Bucket=name)
        return name

    def read(self, bucket: str, key: str) -> bytes:
        return self.client.get_object(Bucket=bucket, Key=key)["Body"].read()

    def list_keys(self, bucket: str) -> list[str]:
        found = self.client.list_objects_v2(Bucket=bucket).get("Contents", [])
        return sorted(entry["Key"] for entry in found)

    def list_uploads(self, bucket: str) -> list[str]:
        found = self.client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        return sorted(entry["Key"] for entry in found)

    def _stop(self) -> None:
        # Asked to stop it tidies up for half a minute what goes away with it.
        self.process.kill()
        self.process.wait()
        for socket_file in self._socket_files:
            socket_file.unlink(missing_ok=True)

    def _answers(self) -> bool:
        try:
            # A store that takes requests but has no place for content is not ready.
            bucket = self.make_bucket()
            self.client.put_object(Bucket=bucket, Key="ready", Body=b"ready")
        except Exception:
            return False
        return True


@dataclass(frozen=True, kw_only=True)
class SshKey:
    """A pair of keys that ``ssh-keygen`` made."""

    path: Path

    @property
    def private(self) -> str:
        return self.path.read_text()

    @property
    def public(self) -> str:
        return " ".join(self.path.with_suffix(".pub").read_text().split()[:2])


class SftpServer(Server):
    """OpenSSH with a configuration and keys of the tests' own."""

    def __init__(self, folder: Path) -> None:
        program = services.require_program("sshd")
        self.folder = folder / "files"
        self.folder.mkdir()
        self.user = getpass.getuser()
        self.user_key = make_ssh_key(folder / "user")
        self.host_key = make_ssh_key(folder / "host").public
        (folder / "authorized").write_text(self.user_key.public + "\n")
        (self.port,) = find_ports(1)
        config = folder / "sshd_config"
        config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\n"
            f"AuthorizedKeysFile {folder}/authorized\nStrictModes no\nUsePAM no\n"
            f"PermitRootLogin yes\nPidFile none\nSubsystem sftp internal-sftp\n"
        )
        if os.getuid() == 0:
            # OpenSSH insists on it, and only Debian's service makes it.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self._start(folder, program, "-D", "-e", "-f", str(config))
        self._wait(folder, self._answers, "the SFTP server to answer")

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as peer:
                return peer.recv(4) == b"SSH-"
        except OSError:
            return False


def make_ssh_key(path: Path, kind: str = "ed25519") -> SshKey:
    program = services.require_program("ssh-keygen")
    command = (program, "-q", "-t", kind, "-N", "", "-f", str(path))
    subprocess.run(command, check=True)  # noqa: S603 - a program of this machine
    return SshKey(path=path)
