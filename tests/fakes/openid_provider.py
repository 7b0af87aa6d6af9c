"""A small OpenID Connect provider on loopback: it signs in whoever a test names."""

import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "bookbag"
CLIENT_SECRET = "s3cr3t-of-the-client"  # noqa: S105 - of this test alone


class OpenIdProvider:
    """The provider; ``claims`` are what it says of whoever signs in next."""

    def __init__(self) -> None:
        self.claims: dict[str, object] = {}
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._nonces: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, dict[str, object]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, "")

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                provider.answer(self, self.rfile.read(length).decode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler, body: str) -> None:
        """Answer one request of the protocol."""
        address = urlsplit(handler.path)
        if address.path == "/authorize":
            location = self._authorize(parse_qs(address.query))
            handler.send_response(302)
            handler.send_header("Location", location)
            handler.end_headers()
            return
        documents: dict[str, Callable[[], object]] = {
            "/.well-known/openid-configuration": self._describe,
            "/jwks": self._list_keys,
            "/token": lambda: self._exchange(handler, parse_qs(body)),
            "/userinfo": lambda: self._tokens[
                handler.headers["Authorization"].removeprefix("Bearer ")
            ],
        }
        text = json.dumps(documents[address.path]()).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        handler.wfile.write(text)

    def _describe(self) -> dict[str, Any]:
        paths = ("authorization", "authorize"), ("token", "token")
        found = {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in paths}
        return found | {
            "issuer": self.issuer,
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def _list_keys(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(
            self._key.public_key(), as_dict=True
        )
        return {"keys": [{**public, "kid": "1", "use": "sig", "alg": "RS256"}]}

    def _authorize(self, query: dict[str, list[str]]) -> str:
        assert query["client_id"] == [CLIENT_ID]
        code = secrets.token_urlsafe()
        asked = {name: values[0] for name, values in query.items()}
        self._nonces[code] = asked
        back = {"code": code, "state": asked["state"]}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def _exchange(
        self, handler: BaseHTTPRequestHandler, form: dict[str, list[str]]
    ) -> dict[str, Any]:
        assert form["client_secret"] == [CLIENT_SECRET]
        asked = self._nonces.pop(form["code"][0])
        assert asked["code_challenge"], "expected PKCE"
        assert form["code_verifier"], "expected PKCE"
        token = secrets.token_urlsafe()
        self._tokens[token] = self.claims
        now = int(time.time())
        claims = self.claims | {"iss": self.issuer, "aud": CLIENT_ID}
        claims |= {"iat": now, "exp": now + 300}
        identity = jwt.encode(
            claims, self._key, algorithm="RS256", headers={"kid": "1"}
        )
        return {"access_token": token, "token_type": "Bearer", "id_token": identity}
