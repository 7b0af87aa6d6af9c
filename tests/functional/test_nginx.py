"""Finished exports sent by a real nginx, with the configuration of deploy/."""

import base64
import hashlib
import http.client
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.functional.sites import Site
from tests.nginx import NginxServer

CONTENT = random.Random(5).randbytes(3 << 20)  # noqa: S311 - any bytes
PREFIX = "/finished-exports/"
MAKE_EXPORT = """
import hashlib, time, django
django.setup()
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from tests import factories
from bookbag.exports.states import ExportState
course = factories.make_course()
teacher = factories.make_teacher(course)
content = open({path!r}, "rb").read()
export = factories.make_export(
    course, teacher, state=ExportState.READY, size_bytes=len(content),
    sha256=hashlib.sha256(content).hexdigest(), file_name="Ü CS101.zip",
)
target = settings.BOOKBAG_VAR / "exports" / export.storage_key
target.parent.mkdir(parents=True, exist_ok=True)
target.write_bytes(content)
session = SessionStore()
session["_auth_user_id"] = str(teacher.pk)
session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
session["_auth_user_hash"] = teacher.get_session_auth_hash()
session["signed_in_at"] = time.time()
session.save()
print(export.pk, export.storage_key, session.session_key)
"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Front:
    """A site with nginx before it, and one finished export."""

    port: int
    site_port: int
    path: str
    storage_key: str
    cookie: dict[str, str]


def ask(port: int, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask as a client does that neither tidies addresses nor follows redirects."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=dict(headers or {}))
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return Answer(status=answer.status, headers=dict(answer.getheaders()), body=body)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("nginx")
    with Site(tmp_path_factory.mktemp("site"), BOOKBAG_ACCEL_PREFIX=PREFIX) as site:
        site.migrate()
        (folder / "content").write_bytes(CONTENT)
        printed = site.run_python(MAKE_EXPORT.format(path=str(folder / "content")))
        export_id, storage_key, session_key = printed.split()
        site.serve()
        with NginxServer(folder, site) as nginx:
            yield Front(
                port=nginx.port,
                site_port=site.port,
                path=f"/exports/{export_id}/file",
                storage_key=storage_key,
                cookie={"Cookie": f"sessionid={session_key}"},
            )


def test_nginx_sends_the_file_and_python_not_a_byte_of_it(front: Front) -> None:
    answer = ask(front.port, front.path, front.cookie)
    behind = ask(front.site_port, front.path, front.cookie)

    digest = hashlib.sha256(CONTENT).digest()
    assert (answer.status, answer.body == CONTENT) == (200, True)
    assert answer.headers["Server"].startswith("nginx/")
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename*=utf-8''%C3%9C%20CS101.zip"
    )
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Repr-Digest"] == f"sha-256=:{_base64(digest)}:"
    assert "X-Accel-Redirect" not in answer.headers
    assert (behind.status, behind.body) == (200, b"")
    assert behind.headers["X-Accel-Redirect"] == PREFIX + front.storage_key


def test_a_download_that_broke_off_goes_on(front: Front) -> None:
    whole = ask(front.port, front.path, front.cookie)
    headers = front.cookie | {
        "Range": "bytes=1000000-",
        "If-Range": whole.headers["ETag"],
    }

    rest = ask(front.port, front.path, headers)
    other = ask(front.port, front.path, headers | {"If-Range": '"another"'})

    assert (rest.status, rest.body == CONTENT[1_000_000:]) == (206, True)
    assert rest.headers["Content-Range"] == f"bytes 1000000-{3 * 2**20 - 1}/{3 * 2**20}"
    assert (other.status, other.body == CONTENT) == (200, True)


FORGED = {
    "X-Accel-Redirect": "{prefix}{key}",
    "X-Accel-Mapping": "/={prefix}",
    "X-Sendfile-Type": "X-Accel-Redirect",
    "X-Sendfile": "{prefix}{key}",
    "X-Original-URL": "{prefix}{key}",
    "X-Rewrite-URL": "{prefix}{key}",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "127.0.0.1",
    "X-Forwarded-Prefix": "{prefix}",
}


def test_forged_headers_of_a_client_change_nothing(front: Front) -> None:
    forged = {
        name: value.format(prefix=PREFIX, key=front.storage_key)
        for name, value in FORGED.items()
    }

    refused = ask(front.port, front.path, forged)
    page = ask(front.port, "/accounts/login/", forged)
    allowed = ask(front.port, front.path, front.cookie | forged)

    assert (refused.status, refused.body) == (302, b"")
    assert refused.headers["Location"] == f"/accounts/login/?next={front.path}"
    assert (page.status, b"<html" in page.body) == (200, True)
    assert (allowed.status, allowed.body == CONTENT) == (200, True)


@pytest.mark.parametrize(
    "path",
    [
        PREFIX + "{key}",
        PREFIX,
        PREFIX + "../bookbag.sqlite3",
        PREFIX + "%2e%2e/bookbag.sqlite3",
        "/." + PREFIX + "{key}",
        "/" + PREFIX + "{key}",
    ],
)
def test_nobody_gets_in_from_outside(front: Front, path: str) -> None:
    answer = ask(front.port, path.format(key=front.storage_key), front.cookie)

    assert answer.status == 404
    assert CONTENT[:64] not in answer.body
    assert b"SQLite" not in answer.body


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
