"""A fleet: web servers and workers on hosts of their own, which share three addresses.

The database, the queue and the store are services of the machine that the hosts are on.
Nothing else is shared but settings: the workspaces lie on the store, too, and no host
sees the disk of another.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.fakes.smtp import running_smtp_server
from tests.functional.faults.servers import running_postgres, running_redis
from tests.functional.faults.trials import Trial
from tests.functional.sites import TEACHER, WORKSPACE, Site, find_ports
from tests.hosts import Host, running_network
from tests.integration.trees.uploading import upload_folder
from tests.services import require_program
from tests.stores import ACCESS_KEY, SECRET, StoreServer

STUDENTS = 8
PLACE = "autumn"
"""Where the workspaces lie on the store."""
WEB_SERVERS = ("web-a", "web-b")
WORKERS = ("worker-a", "worker-b")
PEOPLE = "people"
"""The host of those who use the site."""
ADDRESSES = ("DATABASE_URL", "BOOKBAG_QUEUE_URL", "BOOKBAG_MAIL_URL")


class StoredSite(Site):
    """A site whose workspaces lie on a store."""

    def __init__(
        self, folder: Path, store: StoreServer, bucket: str, **settings: str
    ) -> None:
        super().__init__(folder, **settings)
        self._store = store
        self._bucket = bucket

    def _load(self, students: int, *more: tuple[str, ...]) -> None:
        course = self.folder / "course"
        work = course / "workspaces"
        self.migrate()
        self.succeed("sample", str(course), f"--students={students}")
        upload_folder(self._store, self._bucket, f"work/{PLACE}", work)
        shutil.rmtree(work)
        options = (f"--workspace={WORKSPACE}", f"--stored-at={PLACE}")
        self.succeed_together(("load", str(course), *options), *more)


class Fleet:
    """Hosts, what runs on them, and those who use it."""

    def __init__(
        self, trial: Trial, hosts: dict[str, Host], ports: dict[str, int]
    ) -> None:
        self.trial = trial
        self.site = trial.site
        self.hosts = hosts
        self._ports = ports

    def start_worker(self, name: str) -> "subprocess.Popen[bytes]":
        """Start a worker on its host."""
        return self.site.start("worker", under=self.hosts[name].under)

    def start_web(self, name: str) -> "subprocess.Popen[bytes]":
        """Start a web server on its host."""
        port = f"--port={self._ports[name]}"
        under = self.hosts[name].under
        return self.site.start("serve", "--no-worker", port, under=under)

    def address_of(self, name: str) -> str:
        """Return where people reach a web server."""
        return f"http://127.0.0.1:{self._ports[name]}"

    def make_token(self) -> str:
        """Return a token of the teacher."""
        done = self.site.run("token", "create", TEACHER, "--json")
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["token"])

    def export(self, web: str, token: str, target: Path) -> dict[str, object]:
        """Export the course as the teacher does, from elsewhere; return the export."""
        command = ("export", "course-data", "--course=CS101", "--json")
        done = subprocess.run(  # noqa: S603 - our own program
            [
                *self.hosts[PEOPLE].under,
                *(sys.executable, "-m", "bookbag", *command, f"--output={target}"),
            ],
            env=self.site.environment
            | {"BOOKBAG_SERVER": self.address_of(web), "BOOKBAG_TOKEN": token},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, object] = json.loads(done.stdout)["export"]
        return found

    def fetch(self, web: str, token: str, export_id: str) -> str:
        """Download an export from a web server; return its SHA-256."""
        address = f"{self.address_of(web)}/api/v1/exports/{export_id}/file"
        header = f"Authorization: Bearer {token}"
        curl = [require_program("curl"), "-sSfL", "-H", header, address]
        done = subprocess.run(  # noqa: S603 - a program of this machine
            [*self.hosts[PEOPLE].under, *curl], capture_output=True, check=True
        )
        return hashlib.sha256(done.stdout).hexdigest()


@contextmanager
def running_fleet(folder: Path, store: StoreServer, bucket: str) -> Iterator[Fleet]:
    """Make the hosts and a site on them; only people's relays run yet."""
    endpoint = f"endpoint={store.endpoint_url}"
    names = (*WEB_SERVERS, *WORKERS, PEOPLE)
    ports = dict(zip(WEB_SERVERS, find_ports(len(WEB_SERVERS)), strict=True))
    (folder / "hosts").mkdir()
    (folder / "var").mkdir(mode=0o700)
    with (
        running_postgres() as postgres,
        running_redis(folder) as redis,
        running_smtp_server() as inbox,
        running_network(folder / "hosts") as network,
        StoredSite(
            folder,
            store,
            bucket,
            DATABASE_URL=postgres.address,
            BOOKBAG_QUEUE_URL=redis.address,
            BOOKBAG_MAIL_URL=inbox.address,
            BOOKBAG_STORAGE_URL=f"s3://{bucket}/kept?{endpoint}",
            BOOKBAG_STORAGE_ACCESS_KEY=ACCESS_KEY,
            BOOKBAG_STORAGE_SECRET_KEY=SECRET,
            BOOKBAG_WORKSPACES=f"s3://{bucket}/work?{endpoint}",
            BOOKBAG_WORKSPACES_ACCESS_KEY=ACCESS_KEY,
            BOOKBAG_WORKSPACES_SECRET_KEY=SECRET,
            BOOKBAG_SECRET_KEY="the-same-on-every-host-" + "k" * 40,
            BOOKBAG_RECEIPT_KEY=str(folder / "receipt-key.pem"),
        ) as site,
    ):
        site.load_sample(students=STUDENTS)
        hosts = {n: network.add_host(n, var=folder / "var") for n in names}
        addresses = [site.settings[name] for name in ADDRESSES]
        services = [read_port(one) for one in (*addresses, store.endpoint_url)]
        for port in services:
            network.offer(port)
        for name in (*WEB_SERVERS, *WORKERS):
            network.lead(hosts[name], *services)
        for name in WEB_SERVERS:
            network.offer(ports[name], hosts[name])
        network.lead(hosts[PEOPLE], *ports.values(), read_port(store.endpoint_url))
        yield Fleet(Trial(site, inbox), hosts, ports)


def read_port(address: str) -> int:
    """Return the port of an address."""
    port = urlsplit(address).port
    assert port is not None, address
    return port
