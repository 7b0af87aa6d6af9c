"""Tokens of services, asked for by GET or POST with everything in the address."""

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from bookbag.api.codio.calls import count_call, run
from bookbag.api.codio.errors import answer_error
from bookbag.api.errors import MethodNotAllowedError, RequestInvalidError
from bookbag.domain.access.clients import authenticate_client, issue_service_token

METHODS = ("GET", "POST")
GRANT = "client_credentials"


@csrf_exempt
def token(request: HttpRequest) -> HttpResponseBase:
    """Answer with a bearer token for the service that names itself."""
    if request.method not in METHODS:
        response = answer_error(MethodNotAllowedError())
        response["Allow"] = ", ".join(METHODS)
        return response
    return run(request, lambda: _issue(request))


def _issue(request: HttpRequest) -> HttpResponseBase:
    grant = _read(request, "grant_type")
    if grant != GRANT:
        message = f"Found grant_type {grant[:40]!r}, expected {GRANT!r}"
        raise RequestInvalidError(message)
    client = authenticate_client(
        _read(request, "client_id"), _read(request, "client_secret")
    )
    count_call(request, client.workspace)
    issued = issue_service_token(client)
    response = JsonResponse(
        {
            "access_token": issued.token,
            "token_type": "Bearer",  # nosec B105 - a kind, no token
            "expires_in": issued.lifetime_seconds,
        }
    )
    response["Cache-Control"] = "no-store"
    return response


def _read(request: HttpRequest, name: str) -> str:
    return request.GET.get(name) or request.POST.get(name, "")
