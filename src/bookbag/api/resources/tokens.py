"""Tokens of services by client credentials (OAuth 2).

Source: RFC 6749, sections 2.3.1, 4.4 and 5.2; the protocol is oauthlib's.
"""

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from oauthlib.oauth2 import BackendApplicationServer, RequestValidator

from bookbag.api.authentication import count_request
from bookbag.api.resource import Resource
from bookbag.domain.access.clients import authenticate_client, issue_service_token
from bookbag.domain.access.errors import ClientRefusedError
from bookbag.domain.access.scopes import TokenScope, has_scope

resource = Resource("Tokens")

FORM = "application/x-www-form-urlencoded"
_TEXT = {"type": "string"}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"const": "client_credentials"},
                        "client_id": _TEXT,
                        "client_secret": _TEXT,
                        "scope": _TEXT,
                    },
                }
            }
        },
    },
    "security": [{"ClientCredentials": []}, {}],
}


class BearerToken(Schema):
    """A bearer token of a service, good for ``expires_in`` seconds."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class TokenFault(Schema):
    """Why no token was issued (RFC 6749, section 5.2)."""

    error: str
    error_description: str | None = None


@resource.endpoint(
    "POST",
    "/oauth/token",
    scope=None,
    answers={200: BearerToken, 400: TokenFault, 401: TokenFault},
    refuses=(429,),
    extra=BODY,
)
def issue_token(request: HttpRequest) -> HttpResponse:
    """Issue a bearer token to a service.

    The client names itself by HTTP Basic or in the form; `scope` may ask for some of
    its scopes, with blanks between them.
    """
    server = BackendApplicationServer(
        _TokenValidator(request),
        token_generator=_generate_token,
        token_expires_in=settings.BOOKBAG_SERVICE_TOKEN_SECONDS,
    )
    headers, body, status = server.create_token_response(
        request.build_absolute_uri(),
        http_method="POST",
        body=request.body.decode("utf-8", "replace"),
        headers=dict(request.headers),
    )
    response = HttpResponse(body, status=status, content_type="application/json")
    for name, value in headers.items():
        response[name] = value
    if status == 401:
        response["WWW-Authenticate"] = 'Basic realm="Bookbag"'
    return response


def _generate_token(oauth_request: Any) -> str:
    return issue_service_token(oauth_request.client, oauth_request.scopes).token


class _TokenValidator(RequestValidator):
    """What oauthlib asks while it makes a token."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    def authenticate_client(self, request: Any, *_: Any, **__: Any) -> bool:
        """Answer whether the client is who it says; it is counted then."""
        client_id, secret = _read_credentials(request)
        try:
            client = authenticate_client(client_id, secret)
        except ClientRefusedError:
            return False
        count_request(self._request, f"client:{client.pk}")
        request.client = client
        return True

    def validate_grant_type(self, *_: Any, **__: Any) -> bool:
        """Answer yes: there is one grant, and every client has it."""
        return True

    def get_default_scopes(self, _client_id: Any, request: Any, *_: Any) -> list[str]:
        """Return all scopes of the client."""
        return list(request.client.scopes)

    def validate_scopes(
        self, _client_id: Any, scopes: list[str], client: Any, *_: Any
    ) -> bool:
        """Answer whether the client has every scope that it asks for."""
        known = set(TokenScope.values)
        return all(name in known and has_scope(client.scopes, name) for name in scopes)

    def save_bearer_token(self, *_: Any, **__: Any) -> None:
        """Do nothing: the token was kept when it was made."""


def _read_credentials(request: Any) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            text = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        client_id, _, secret = text.partition(":")
        return unquote_plus(client_id), unquote_plus(secret)
    return request.client_id or "", request.client_secret or ""
