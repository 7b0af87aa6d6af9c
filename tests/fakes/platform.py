"""A learning platform on loopback: LTI 1.3 by lti1p3platform, which is not ours."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request

CLIENT_ID = "bookbag-client"
DEPLOYMENT_ID = "deployment-1"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MEMBERS_PAGE = 2
FORM = """<!doctype html><title>Platform</title>
<form method="post" action="{url}"><input name="state" value="{state}">
<input name="id_token" value="{token}"><button>Open</button></form>
<script>document.forms[0].submit()</script>"""


@dataclass(frozen=True, kw_only=True)
class LaunchWish:
    """Who launches what, and as what."""

    subject: str = "subject-1"
    roles: tuple[str, ...] = (f"{MEMBERSHIP}Learner",)
    name: str = "Ada Lovelace"
    email: str = "ada@platform.example"
    target: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    expires_seconds: int = 300
    claims: dict[str, Any] = field(default_factory=dict)
    """Claims that replace the right ones."""


class _Configuration(LTI1P3PlatformConfAbstract):  # type: ignore[misc]
    def init_platform_config(self, **kwargs: Any) -> None:
        self._registration = kwargs["registration"]

    def get_registration_by_params(self, **_kwargs: Any) -> Registration:
        return self._registration


class _Request(Request):  # type: ignore[misc]
    def build_metadata(self, request: Any) -> Any:
        return {"get_data": request, "form_data": {}, "method": "GET"}


class _Login(OIDCLoginAbstract):  # type: ignore[misc]
    def set_lti_message_hint(self, **kwargs: Any) -> None:
        self._lti_message_hint = kwargs["hint"]

    def get_redirect(self, url: str) -> str:
        return url


class _Launch(LTIAdvantageMessageLaunchAbstract):  # type: ignore[misc]
    def render_launch_form(self, launch_data: dict[str, Any], **_kwargs: Any) -> Any:
        return launch_data


class FakePlatform:
    """A platform that launches one tool, publishes its keys and gives its roster."""

    def __init__(self, tool_url: str) -> None:
        self.members: list[dict[str, Any]] = []
        self.wish = LaunchWish()
        self.is_offering_roster = True
        handler = type("Handler", (_Handler,), {"platform": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        private = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        self.registration = (
            Registration()
            .set_iss(self.url)
            .set_client_id(CLIENT_ID)
            .set_deployment_id(DEPLOYMENT_ID)
            .set_oidc_login_url(f"{tool_url}/lti/login/")
            .set_launch_url(f"{tool_url}/lti/launch/")
            .set_tool_key_set_url(f"{tool_url}/lti/keys/")
        )
        self.set_key(private)

    @property
    def addresses(self) -> dict[str, str]:
        """What the platform tells those who register a tool."""
        return {
            "issuer": self.url,
            "client_id": CLIENT_ID,
            "deployment_id": DEPLOYMENT_ID,
            "key_set_url": f"{self.url}/keys",
            "login_url": f"{self.url}/authorize",
            "token_url": f"{self.url}/token",
        }

    def set_key(self, private: rsa.RSAPrivateKey, *, is_published: bool = True) -> None:
        """Sign with a key from now on."""
        self.registration.set_platform_private_key(
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            ).decode()
        )
        if is_published:
            self.registration.set_platform_public_key(
                private.public_key()
                .public_bytes(
                    serialization.Encoding.PEM,
                    serialization.PublicFormat.SubjectPublicKeyInfo,
                )
                .decode()
            )

    def make_login_url(self, wish: LaunchWish) -> str:
        """Return where the platform sends the browser that wants to launch."""
        self.wish = wish
        login = _Login(None, self._configure())
        login.set_lti_message_hint(hint="hint")
        login.set_launch_url(wish.target)
        url: str = login.initiate_login(wish.subject)
        return url

    def make_launch(self, asked: dict[str, str]) -> dict[str, str]:
        """Return the form that answers a tool's authentication request."""
        wish = self.wish
        launch = _Launch(_Request(asked), self._configure())
        launch.set_user_data(
            wish.subject, list(wish.roles), wish.name, wish.email or None
        )
        launch.set_resource_link_claim("link-1")
        launch.set_launch_context_claim("context-1", context_title="CS101")
        launch.set_launch_url(wish.target)
        launch.set_id_token_expiration(wish.expires_seconds)
        if wish.custom:
            launch.set_custom_parameters_claim(wish.custom)
        if self.is_offering_roster:
            launch.set_nrps(f"{self.url}/members")
        launch.set_extra_claims(wish.claims)
        made: dict[str, str] = launch.lti_launch()
        return made

    def decode(self, token: str) -> dict[str, Any]:
        """Return what a token of the platform says."""
        decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return decoded

    def sign(self, body: dict[str, Any]) -> str:
        """Return a token of the platform that says something else."""
        token: str = self.registration.platform_encode_and_sign(body)
        return token

    def grant(self, fields: dict[str, str]) -> dict[str, Any]:
        """Return an access token for a tool that proves itself by its key."""
        granted: dict[str, Any] = self._configure().get_access_token(fields)
        return granted

    def list_members(self, token: str, page: int) -> tuple[dict[str, Any], bool]:
        """Return one page of the roster, and whether there are more."""
        self._configure().validate_token(token, allowed_scopes=[SCOPE])
        start = page * MEMBERS_PAGE
        shown = self.members[start : start + MEMBERS_PAGE]
        return {"id": self.url, "context": {"id": "context-1"}, "members": shown}, (
            start + MEMBERS_PAGE < len(self.members)
        )

    def _configure(self) -> _Configuration:
        return _Configuration(registration=self.registration)

    def start(self) -> None:
        """Begin to answer."""
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def running_platform(tool_url: str) -> Iterator[FakePlatform]:
    """Run a platform for the time of a test."""
    platform = FakePlatform(tool_url)
    platform.start()
    try:
        yield platform
    finally:
        platform.stop()


class _Handler(BaseHTTPRequestHandler):
    """Answers for a self.platform."""

    platform: "FakePlatform"

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        query = dict(parse_qsl(asked.query))
        if asked.path == "/keys":
            self._answer({"keys": self.platform.registration.get_jwks()})
        elif asked.path == "/start":
            self.send_response(302)
            self.send_header(
                "Location", self.platform.make_login_url(self.platform.wish)
            )
            self.end_headers()
        elif asked.path == "/authorize":
            made = self.platform.make_launch(query)
            text = FORM.format(
                url=made["launch_url"], state=made["state"], token=made["id_token"]
            )
            self._answer(text, "text/html")
        elif asked.path == "/members":
            self._answer_members(int(query.get("page", "0")))
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        fields = parse_qs(self.rfile.read(length).decode())
        self._answer(self.platform.grant({k: v[0] for k, v in fields.items()}))

    def _answer_members(self, page: int) -> None:
        token = self.headers["Authorization"].removeprefix("Bearer ")
        found, has_more = self.platform.list_members(token, page)
        link = f'<{self.platform.url}/members?page={page + 1}>; rel="next"'
        self._answer(found, headers={"Link": link} if has_more else {})

    def _answer(
        self,
        body: object,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        content = body if isinstance(body, str) else json.dumps(body)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_arguments: object) -> None:
        """Stay quiet."""


def read_query(url: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return dict(parse_qsl(urlsplit(url).query))
