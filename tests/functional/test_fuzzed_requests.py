"""Whatever a request holds, it is answered or refused, and never an error of ours.

Each test tries a few requests; ``BOOKBAG_TEST_FUZZ_EXAMPLES`` makes them more. On
PostgreSQL they also meet what only that database refuses.
"""

import base64
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_django import Settings

from bookbag.domain.lti.models import ConsumerKey, Platform
from bookbag.domain.lti.sealing import seal
from bookbag.domain.people.models import MemberRole, Workspace
from bookbag.exports.states import ExportState
from tests import factories
from tests.property.fuzzed import fuzzing

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
CONTENT = b"0123456789"
LONG_NUMBER = "9" * 4_301
"""Python reads numbers of 4,300 digits at the most, and servers take such headers."""
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
words = st.text(st.characters(codec="utf-8"), max_size=20)
# What HTTP lets through in a header.
headers = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40
) | st.sampled_from([LONG_NUMBER, "-1", "1e3", "٣", "0x10", "1_0"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner),
    max_leaves=6,
)


@pytest.fixture
def workspace() -> Workspace:
    return factories.make_workspace()


@pytest.fixture
def admin(client: Client, workspace: Workspace) -> Client:
    person = factories.make_member(workspace, "admin", role=MemberRole.ADMIN)
    client.force_login(person, BACKEND)
    return client


@given(
    asked=st.builds(
        "bytes={}-{}".format,
        headers | st.integers(0, 20).map(str),
        headers | st.integers(0, 20).map(str),
    )
    | headers,
    condition=headers,
)
@example(asked=f"bytes={LONG_NUMBER}-", condition="")
@example(asked=f"bytes=-{LONG_NUMBER}", condition="")
@example(asked=f"bytes=0-{LONG_NUMBER}", condition="")
@fuzzing
def test_ranges(
    tmp_path: Path, client: Client, settings: Settings, asked: str, condition: str
) -> None:
    settings.BOOKBAG_STORAGE_URL = f"file://{tmp_path}"
    (tmp_path / "it.zip").write_bytes(CONTENT)
    course = factories.make_course()
    teacher = factories.make_teacher(course)
    made = {"storage_key": "it.zip", "file_name": "it.zip", "sha256": "ab" * 32}
    export = factories.make_export(
        course, teacher, state=ExportState.READY, size_bytes=len(CONTENT), **made
    )
    client.force_login(teacher, BACKEND)
    sent = {"Range": asked, "If-Range": condition} if condition else {"Range": asked}

    answer = client.get(reverse("export-file", args=[export.pk]), headers=sent)

    body = b"".join(getattr(answer, "streaming_content", []))
    assert answer.status_code in (200, 206, 416)
    assert body in CONTENT
    assert len(body) == int(answer.get("Content-Length", "0"))


@given(sent=st.dictionaries(
    st.sampled_from(
        ["Upload-Length", "Upload-Metadata", "Upload-Offset", "Upload-Checksum"]
    ),
    headers | words.map(lambda text: f"workspace {_base64(text)}"),
))  # fmt: skip
@example(sent={"Upload-Length": LONG_NUMBER})
@example(sent={"Upload-Length": "5", "Upload-Metadata": "workspace AA=="})
@fuzzing
def test_uploads(admin: Client, workspace: Workspace, sent: dict[str, str]) -> None:
    job = factories.make_import(workspace, factories.make_user())

    begun = admin.post("/imports/uploads/", headers={"Tus-Resumable": "1.0.0", **sent})
    went_on = admin.patch(
        reverse("upload", args=[job.pk]),
        b"x",
        content_type="application/offset+octet-stream",
        headers={"Tus-Resumable": "1.0.0", **sent},
    )

    assert begun.status_code in (201, 400, 404, 413)
    assert went_on.status_code == 404


@given(fields=st.dictionaries(
    st.sampled_from([
        "lti_message_type", "oauth_consumer_key", "oauth_timestamp", "oauth_nonce",
        "oauth_signature", "oauth_signature_method", "oauth_version", "user_id",
        "roles",
    ]) | words,
    words | st.sampled_from(["known", "basic-lti-launch-request", "HMAC-SHA1", "1.0"]),
))  # fmt: skip
@example(fields={"oauth_consumer_key": "\0"})
@fuzzing
def test_launches_that_are_signed(
    client: Client, workspace: Workspace, fields: dict[str, str]
) -> None:
    ConsumerKey.objects.get_or_create(
        workspace=workspace, key="known", defaults={"sealed_secret": seal("secret")}
    )
    known = {"lti_message_type": "basic-lti-launch-request"}

    answer = client.post("/lti/some-code", {**known, **fields})

    assert answer.status_code in (400, 403)


@given(
    token=st.tuples(values, values)
    | st.tuples(
        st.fixed_dictionaries({"alg": st.just("RS256"), "kid": values}),
        st.dictionaries(
            st.sampled_from(["iss", "aud", "sub", f"{CLAIM}roles", f"{CLAIM}custom"]),
            values,
        ),
    ),
    asked=st.dictionaries(st.sampled_from(["login_hint", "lti_message_hint"]), words),
)
@example(token=([], []), asked={})
@example(token=({"alg": "RS256"}, {"iss": {}, "aud": [[]]}), asked={})
@fuzzing
def test_launches_by_token(
    client: Client,
    workspace: Workspace,
    token: tuple[object, object],
    asked: dict[str, str],
) -> None:
    Platform.objects.get_or_create(
        workspace=workspace,
        issuer="https://campus.example",
        client_id="tool",
        deployment_id="1",
        login_url="https://campus.example/login",
        key_set_url="https://campus.example/keys",
    )
    hints = {"iss": "https://campus.example", "client_id": "tool", "login_hint": "x"}
    target = {"target_link_uri": "https://tool.example/lti/code/"}
    begun = client.get("/lti/login/", {**hints, **target, **asked})
    assert begun.status_code in (302, 400, 403)
    said = parse_qs(urlsplit(begun.get("Location", "")).query)
    nonce, state = (said.get(name, [""])[0] for name in ("nonce", "state"))
    header, body = token
    if isinstance(body, dict):
        body = {"nonce": nonce, **body}
    parts = [_base64(json.dumps(part)) for part in (header, body)]

    answer = client.post(
        "/lti/launch/", {"state": state, "id_token": ".".join([*parts, "x"])}
    )

    assert answer.status_code in (400, 403)


@given(search=words, page=words, name=words)
@example(search="\0", page="\0", name="\0")
@example(search="", page=LONG_NUMBER, name="")
@fuzzing
def test_searches_and_forms(
    admin: Client, workspace: Workspace, search: str, page: str, name: str
) -> None:
    for address in ("courses/", "users/", "groups/", "sessions/", "audit/"):
        where = "/" if address == "courses/" else f"/workspaces/{workspace.slug}/"
        answer = admin.get(f"{where}{address}", {"search": search, "page": page})
        assert answer.status_code in (200, 400)

    answer = admin.post(f"/workspaces/{workspace.slug}/groups/", {"name": name})
    assert answer.status_code in (200, 302, 400)


@given(lines=st.lists(values.map(json.dumps).map(str.encode) | st.binary(max_size=60)))
@example(lines=[b"[" * 100_000])
@example(lines=[b"9" * 5_000, b'{"email": "\\ud800"}', b"\xff\xfe{\x00}\x00"])
@fuzzing
def test_batches_of_lines(workspace: Workspace, lines: list[bytes]) -> None:
    person = factories.make_member(workspace, role=MemberRole.ADMIN)
    token = factories.make_token(person)

    answer = Client().post(
        f"/api/v1/workspaces/{workspace.slug}/members/batch",
        b"\n".join(lines),
        content_type="application/x-ndjson",
        headers={"Authorization": f"Bearer {token}"},
    )

    if not b"\n".join(lines):
        assert answer.status_code == 400
        return
    assert answer.status_code == 200
    *results, summary = map(json.loads, answer.content.splitlines())
    assert summary["summary"]["failed"] == len(results)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode().rstrip("=")
