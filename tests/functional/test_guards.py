"""What no client can forge, send or keep: headers, hosts, sizes, caches, cookies."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from bookbag.config.environment import parse_networks
from bookbag.domain.audit.models import AuditDraft
from bookbag.domain.people.models import MemberRole
from bookbag.web.guards import (
    RequestSizeMiddleware,
    TrustedProxyMiddleware,
    takes_bytes,
)
from tests import factories
from tests.functional.sites import Site

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
FORGED = {
    "X-Forwarded-For": "198.51.100.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Real-Ip": "198.51.100.1",
    "X-Accel-Redirect": "/exports/secret.zip",
    "X-Sendfile-Type": "X-Accel-Redirect",
    "X-Accel-Mapping": "/=/",
}


@pytest.fixture
def admin(client: Client) -> Client:
    workspace = factories.make_workspace()
    person = factories.make_member(workspace, role=MemberRole.ADMIN)
    client.force_login(person, BACKEND)
    client.slug = workspace.slug  # type: ignore[attr-defined]  # beside its browser
    return client


def add_group(admin: Client, **more: Any) -> Any:
    address = reverse("groups", kwargs={"slug": admin.slug})  # type: ignore[attr-defined]
    return admin.post(address, {"name": "Night shift"}, **more)


def test_a_client_cannot_say_where_it_comes_from(admin: Client) -> None:
    add_group(admin, headers=FORGED, REMOTE_ADDR="192.0.2.7")

    assert AuditDraft.objects.get().ip_address == "192.0.2.7"


def test_a_trusted_proxy_can(admin: Client, settings: Settings) -> None:
    settings.BOOKBAG_TRUSTED_PROXIES = parse_networks("10.0.0.0/8")

    add_group(admin, headers=FORGED, REMOTE_ADDR="10.1.2.3")

    assert AuditDraft.objects.get().ip_address == "198.51.100.1"


@pytest.mark.parametrize(
    ("peer", "is_secure"), [("192.0.2.7", False), ("10.1.2.3", True), ("", False)]
)
def test_only_a_trusted_proxy_says_that_the_way_was_encrypted(
    settings: Settings, peer: str, is_secure: bool
) -> None:
    settings.BOOKBAG_TRUSTED_PROXIES = parse_networks("10.0.0.0/8")
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    seen: list[bool] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request.is_secure())
        return HttpResponse()

    TrustedProxyMiddleware(answer)(
        RequestFactory().get("/", headers=FORGED, REMOTE_ADDR=peer)
    )

    assert seen == [is_secure]


def test_forged_headers_change_nothing_of_an_answer(admin: Client) -> None:
    plain, forged = admin.get("/my-data/"), admin.get("/my-data/", headers=FORGED)

    differing = {"X-Request-ID"}
    assert {k: v for k, v in forged.items() if k not in differing} == {
        k: v for k, v in plain.items() if k not in differing
    }
    assert not [name for name in forged.headers if name.startswith("X-Accel")]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "a b"])
def test_another_host_name_is_refused(client: Client, host: str) -> None:
    answer = client.get("/accounts/login/", headers={"Host": host})

    assert answer.status_code == 400
    assert host not in answer.content.decode()


def test_a_mail_never_names_a_forged_host(client: Client) -> None:
    answer = client.get("/", headers={"X-Forwarded-Host": "evil.example"})

    assert "evil.example" not in answer.headers.get("Location", "")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/my-data/", "private, no-store"),
        ("/accounts/login/", "max-age=0, no-cache, no-store, must-revalidate, private"),
        ("/nowhere/", "private, no-store"),
    ],
)
def test_no_cache_keeps_a_page(admin: Client, path: str, expected: str) -> None:
    if path.startswith("/accounts/"):
        admin.logout()

    answer = admin.get(path)

    assert answer["Cache-Control"] == expected


def test_every_answer_has_its_headers(client: Client) -> None:
    answer = client.get("/accounts/login/")

    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert {part.strip() for part in policy.split(";")} >= {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    }
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in answer["Permissions-Policy"]


def test_what_is_too_large_is_refused_before_it_is_read(
    admin: Client, settings: Settings
) -> None:
    settings.BOOKBAG_MAX_REQUEST_BYTES = 100

    answer = add_group(admin, headers={"Content-Length": "101"})

    assert answer.status_code == 413
    assert "expected at most 100" in answer.content.decode()
    assert not AuditDraft.objects.exists()


@pytest.mark.parametrize(
    ("path", "media_type", "key"),
    [
        ("/api/v1/exports", "application/problem+json", "detail"),
        ("/codio/api/v1/courses", "application/json", "message"),
    ],
)
def test_programs_are_told_so_in_their_own_form(
    client: Client, settings: Settings, path: str, media_type: str, key: str
) -> None:
    settings.BOOKBAG_MAX_REQUEST_BYTES = 100

    answer = client.post(
        path,
        data=b"{}",
        content_type="application/json",
        headers={"Content-Length": "101"},
    )

    assert (answer.status_code, answer["Content-Type"]) == (413, media_type)
    assert answer.json()["code"] == "request_too_large"
    assert answer.json()[key].startswith("The request is larger than")


@pytest.mark.parametrize("length", ["101", "-1", "1e9", "٣"])
def test_nothing_is_read_of_a_wrong_length(settings: Settings, length: str) -> None:
    settings.BOOKBAG_MAX_REQUEST_BYTES = 100
    request = RequestFactory().post("/", CONTENT_LENGTH=length)

    def view(_request: HttpRequest) -> HttpResponse:
        raise AssertionError

    guard = RequestSizeMiddleware(view)
    refused = guard.process_view(request, view)

    assert refused is not None
    assert refused.status_code == 413


def test_a_view_that_takes_files_says_how_large(settings: Settings) -> None:
    settings.BOOKBAG_MAX_REQUEST_BYTES = 100

    @takes_bytes(1000)
    def view(_request: HttpRequest) -> HttpResponse:
        raise AssertionError

    def ask(length: str) -> HttpResponse | None:
        request = RequestFactory().post("/", CONTENT_LENGTH=length)
        return RequestSizeMiddleware(view).process_view(request, view)

    assert ask("1000") is None
    refused = ask("1001")
    assert refused is not None
    assert refused.status_code == 413


def test_check_deploy_finds_nothing_and_cookies_are_safe(empty_site: Site) -> None:
    environment = {
        "BOOKBAG_MODE": "production",
        "BOOKBAG_BASE_URL": "https://bookbag.example.edu",
        "BOOKBAG_SECRET_KEY": "k7!" + "Zq9_x" * 12,
        "BOOKBAG_MAIL_URL": "smtp://127.0.0.1:1",
        "DJANGO_SETTINGS_MODULE": "bookbag.config.settings",
    }
    empty_site.settings.update(environment)
    printed = empty_site.run_python(
        "import django, sys; django.setup()\n"
        "from django.core.checks import run_checks, Tags\n"
        "found = run_checks(tags=['security'], include_deployment_checks=True)\n"
        "print([str(f) for f in found])\n"
        "from django.conf import settings as s\n"
        "print(s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY,\n"
        "      s.SESSION_COOKIE_SAMESITE, s.CSRF_COOKIE_SECURE)\n"
    )

    assert printed == "[]\nTrue True Lax True\n"


def test_no_template_holds_a_script_or_a_style() -> None:
    source = Path(__file__).parents[2] / "src" / "bookbag"
    inline = re.compile(
        r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(src=|json))", re.I
    )
    faults = [
        f"{path.name}: {found[0]}"
        for path in source.rglob("templates/**/*.html")
        if "mail" not in path.parts
        for found in inline.finditer(path.read_text(encoding="utf-8"))
    ]

    assert faults == []
