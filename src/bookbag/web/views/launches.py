"""Where learning platforms knock: logins, launches, and Bookbag's own key set.

These addresses are open to other sites' forms on purpose: what is posted here proves
itself by a signature, and a launch by token also by a cookie of this browser.
"""

import logging

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from bookbag.domain.courses.models import EnrolmentRole
from bookbag.domain.lti.arrivals import Arrival, receive_launch
from bookbag.domain.lti.errors import LaunchRefusedError
from bookbag.domain.lti.messages import LaunchMessage
from bookbag.domain.lti.oauth import verify_signed_launch
from bookbag.domain.lti.oidc import begin_login, verify_token_launch
from bookbag.domain.lti.tool_keys import describe_key_set
from bookbag.web.addresses import find_client_address

BACKEND = "django.contrib.auth.backends.ModelBackend"
REFUSED = 403

logger = logging.getLogger(__name__)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def platform_login(request: HttpRequest) -> HttpResponse:
    """Begin a launch by token: send the browser to the platform."""
    try:
        return begin_login(request)
    except LaunchRefusedError as refusal:
        return _refuse(request, refusal)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def launch(request: HttpRequest, code: str = "") -> HttpResponse:
    """Let somebody in who was launched, and open what the launch is for."""
    try:
        arrival = receive_launch(_verify(request, code))
    except LaunchRefusedError as refusal:
        return _refuse(request, refusal)
    login(request, arrival.user, backend=BACKEND)
    return _open(arrival)


@require_safe
def key_set(_request: HttpRequest) -> JsonResponse:
    """Publish Bookbag's own public keys."""
    return JsonResponse(describe_key_set())


def _verify(request: HttpRequest, code: str) -> LaunchMessage:
    fields = request.POST.dict()
    if "id_token" in fields:
        return verify_token_launch(request)
    if "oauth_consumer_key" in fields:
        texts = {name: str(value) for name, value in fields.items()}
        return verify_signed_launch(
            texts, path=request.get_full_path(), target_code=code
        )
    raise LaunchRefusedError(
        "not_launched",
        _("This address is for learning platforms."),
        _(
            "Open it from your learning platform; to set it up there, give this "
            "address to the platform as the launch URL of an LTI tool."
        ),
    )


def _open(arrival: Arrival) -> HttpResponse:
    if arrival.project is not None:
        return redirect("project", project_id=arrival.project.pk)
    target = arrival.target
    if target.assignment is not None and arrival.role == EnrolmentRole.TEACHER:
        return redirect(
            "assignment",
            course_id=target.course.pk,
            assignment_id=target.assignment.pk,
        )
    return redirect("course", course_id=target.course.pk)


def _refuse(request: HttpRequest, refusal: LaunchRefusedError) -> HttpResponse:
    # The code and the address only: what was posted may hold a token.
    address = find_client_address(request)
    logger.warning("LTI launch refused: %s, asked from %s", refusal.code, address)
    context = {"refusal": refusal}
    return render(request, "web/launch_refused.html", context, status=REFUSED)
