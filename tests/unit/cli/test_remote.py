"""The client of a server: tries again, goes on, and believes nothing unchecked."""

from pathlib import Path

import httpx
import pytest

from bookbag.cli.errors import (
    CommandError,
    DownloadBrokenError,
    ExpiredExportError,
    NotWholeError,
    ServerRefusedError,
    ServerUnreachableError,
    UsageError,
)
from bookbag.cli.remote.connection import RETRY_WAITS, Connection
from bookbag.cli.remote.exports import ServerExports
from bookbag.cli.sources import Wanted
from bookbag.exports.naming import ScopeNames
from tests.fakes.exports import CONTENT, make_seen
from tests.fakes.servers import ID, SERVER, TOKEN, Body, FakeServer, fail, problem

SIZE = len(CONTENT)


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def part(folder: Path) -> Path:
    return folder / "users.csv.part"


def fetch(server: FakeServer, part: Path) -> list[int]:
    progress: list[int] = []
    with ServerExports(server.connect()) as source:
        source.open_file(make_seen()).fetch_to(part, progress.append)
    return progress


def ranges(server: FakeServer) -> list[str | None]:
    return [request.headers.get("Range") for request in server.requests]


def test_an_undisturbed_download_asks_once(server: FakeServer, part: Path) -> None:
    progress = fetch(server, part)

    assert part.read_bytes() == CONTENT
    assert (ranges(server), server.waits) == ([None], [])
    assert (progress[0], progress[-1]) == (0, SIZE)


@pytest.mark.parametrize("cuts", [[1], [SIZE - 1], [0, 5, 0, 7, SIZE // 2], [3] * 40])
def test_a_download_goes_on_wherever_it_broke_off(
    server: FakeServer, part: Path, cuts: list[int]
) -> None:
    server.cuts = list(cuts)

    fetch(server, part)

    assert part.read_bytes() == CONTENT
    behind = [sum(cuts[:place]) for place in range(len(cuts) + 1)]
    assert ranges(server) == [f"bytes={done}-" if done else None for done in behind]


def test_what_lies_there_already_is_not_fetched_again(
    server: FakeServer, part: Path
) -> None:
    part.write_bytes(CONTENT[:1000])
    fetch(server, part)
    fetch(server, part)

    assert part.read_bytes() == CONTENT
    assert ranges(server) == ["bytes=1000-"]
    assert server.requests[0].headers["If-Range"] == f'"{make_seen().sha256}"'


def test_a_server_that_sends_all_of_it_again_is_understood(
    server: FakeServer, part: Path
) -> None:
    part.write_bytes(b"x" * 100)
    server.answers = [lambda _request: httpx.Response(200, stream=Body(CONTENT))]

    fetch(server, part)

    assert part.read_bytes() == CONTENT


def test_a_line_that_brings_nothing_is_given_up(server: FakeServer, part: Path) -> None:
    server.cuts = [10, *[0] * 20]

    with pytest.raises(DownloadBrokenError) as caught:
        fetch(server, part)

    assert str(caught.value) == (
        f"Found the connection was reset at 10 bytes of {SIZE:,}, expected more; the "
        "same command goes on where it stopped"
    )
    assert part.read_bytes() == CONTENT[:10]
    assert server.waits == list(RETRY_WAITS)


def test_more_than_the_file_has_is_not_taken(server: FakeServer, part: Path) -> None:
    server.content = CONTENT + b"more"

    with pytest.raises(NotWholeError, match=f"Found more than the {SIZE:,} bytes"):
        fetch(server, part)


def test_a_busy_server_is_left_in_peace_as_long_as_it_says(
    server: FakeServer, part: Path
) -> None:
    busy = problem(429, "rate_exceeded", "Too many", **{"Retry-After": "7"})
    server.answers = [busy, fail, problem(503, "away", "Away")]

    fetch(server, part)

    assert part.read_bytes() == CONTENT
    assert server.waits == [7, RETRY_WAITS[1], RETRY_WAITS[2]]


@pytest.mark.parametrize(
    ("answers", "kind", "message"),
    [
        (
            [problem(401, "token_refused", "The token is unknown.")],
            ServerRefusedError,
            "answered 401: The token is unknown. (token_refused); `bookbag token",
        ),
        (
            [problem(404, "not_found", "There is no such thing.")],
            ServerRefusedError,
            "answered 404: There is no such thing. (not_found)",
        ),
        (
            [problem(410, "link_expired", "It is gone.")],
            ExpiredExportError,
            "It is gone. (link_expired)",
        ),
        (
            [lambda _r: httpx.Response(200, text="<html>Welcome</html>")],
            ServerRefusedError,
            "Found an answer of no Bookbag API",
        ),
        (
            [lambda _r: httpx.Response(200, json={"id": ID})],
            ServerRefusedError,
            "Found an answer of no Bookbag API: identifier: Field required",
        ),
        (
            [lambda _r: httpx.Response(404, text="nginx")],
            ServerRefusedError,
            "no answer of a Bookbag API; is the address right?",
        ),
        (
            [lambda _r: httpx.Response(301, headers={"Location": "https://x.example"})],
            ServerRefusedError,
            "it leads elsewhere",
        ),
        ([fail] * 9, ServerUnreachableError, f"Found no answer from {SERVER}"),
    ],
)
def test_each_refusal_says_what_to_do(
    server: FakeServer, answers: list[object], kind: type[CommandError], message: str
) -> None:
    server.answers = answers  # type: ignore[assignment]  # given by the parameters

    with ServerExports(server.connect()) as source, pytest.raises(kind) as caught:
        source.look(ID)

    assert message in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_the_token_stays_with_its_server(server: FakeServer, part: Path) -> None:
    address = {"Location": "https://storage.example/file?signature=x"}
    server.answers = [lambda _request: httpx.Response(302, headers=address)]

    fetch(server, part)

    sent = [(r.url.host, r.headers.get("Authorization")) for r in server.requests]
    assert sent == [
        ("bookbag.example.edu", f"Bearer {TOKEN}"),
        ("storage.example", None),
    ]
    assert all(TOKEN not in str(request.url) for request in server.requests)


@pytest.mark.parametrize(
    ("address", "token", "message"),
    [
        ("bookbag.example.edu", TOKEN, "expected https://host"),
        ("ftp://bookbag.example.edu", TOKEN, "expected https://host"),
        ("http://[::1", TOKEN, "expected https://host"),
        ("https://", TOKEN, "expected https://host"),
        ("http://bookbag.example.edu", TOKEN, "expected https: a token could be read"),
        ("https://me:secret@bookbag.example.edu", TOKEN, "Found a password in"),
        (SERVER, "", "Found no token, expected one in BOOKBAG_TOKEN"),
        (SERVER, "two\nlines", "Found a token with other letters"),
    ],
)
def test_an_address_or_token_that_cannot_be_one_is_refused(
    address: str, token: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Connection(address, token)

    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_export_is_asked_for_by_numbers_as_they_are(server: FakeServer) -> None:
    names = ScopeNames(course="12", student="7")
    wanted = Wanted(identifier="student-csv", names=names, options={"dialect": "csv"})

    with ServerExports(server.connect()) as source:
        seen = source.request(wanted)

    assert seen.describe() == make_seen(finished_at=None, expires_at=None).describe()
    (request,) = server.requests
    assert (request.method, request.url.path) == ("POST", "/api/v1/exports")
    assert b'"scope":{"course_id":12,"student_id":7}' in request.content
