"""Files of exports, for whoever holds a pass: no bearer, no redirect."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from bookbag.api.codio.calls import acting_as, run
from bookbag.api.codio.errors import answer_error
from bookbag.api.errors import MethodNotAllowedError
from bookbag.exports.downloads import send_file
from bookbag.exports.passes import open_pass
from bookbag.exports.services import record_transfer
from bookbag.exports.storage import get_storage

METHODS = ("GET", "HEAD")


@csrf_exempt
def file(request: HttpRequest, pass_text: str, file_name: str) -> HttpResponseBase:
    """Send the file, or a range of it; the name is for programs that look at it."""
    if request.method not in METHODS:
        response = answer_error(MethodNotAllowedError())
        response["Allow"] = ", ".join(METHODS)
        return response
    return run(request, lambda: _send(request, pass_text))


def _send(request: HttpRequest, pass_text: str) -> HttpResponseBase:
    export, person = open_pass(pass_text)
    response = send_file(request, export, get_storage())
    if request.method == "GET":
        with acting_as(person):
            record_transfer(person=person, export=export)
    return response
