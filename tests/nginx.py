"""A real nginx with the configuration of deploy/, in front of a site."""

import getpass
import re
import urllib.request
from pathlib import Path

from tests import services
from tests.architecture.sizes import ROOT
from tests.functional.sites import Site, find_ports
from tests.stores import Server

MAIN = """
daemon off;
user {user};
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class NginxServer(Server):
    """nginx with the configuration of deploy/, in front of a site.

    Args:
        folder: Where it may write.
        site: What it stands before.
        more: Further locations of the server.
    """

    def __init__(self, folder: Path, site: Site, *, more: str = "") -> None:
        program = services.require_program("nginx")
        (self.port,) = find_ports(1)
        written = (ROOT / "deploy" / "nginx" / "bookbag.conf").read_text()
        written = re.sub(r"ssl_certificate\w* .*;", "", written)
        for before, after in (
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.port};"),
            ("127.0.0.1:8000", f"127.0.0.1:{site.port}"),
            ("/var/lib/bookbag/exports/", f"{site.folder}/var/exports/"),
        ):
            assert before in written
            written = written.replace(before, after)
        end = written.rindex("}")
        (folder / "site.conf").write_text(f"{written[:end]}{more}\n}}\n")
        config = folder / "nginx.conf"
        config.write_text(MAIN.format(folder=folder, user=getpass.getuser()))
        self._start(folder, program, "-c", str(config), "-p", str(folder))
        self._wait(folder, self._answers, "nginx to answer")

    def _answers(self) -> bool:
        try:
            address = f"http://127.0.0.1:{self.port}/healthz"
            with urllib.request.urlopen(address, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
