"""Every address: the same under the API's own hosts and under the prefix.

What is not here answers a JSON 404: events, stacks, assessment libraries, books.
"""

from django.http import HttpRequest, HttpResponseBase
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from bookbag.api.codio import assignments, courses, exports, files, people, tokens
from bookbag.api.codio.calls import Answer, Operation, View, at
from bookbag.api.codio.errors import answer_error
from bookbag.api.errors import NotFoundError
from bookbag.domain.access.scopes import TokenScope

READ, WRITE = TokenScope.COURSES_READ, TokenScope.COURSES_WRITE
SEE, ASK = TokenScope.EXPORTS_READ, TokenScope.EXPORTS_WRITE

COURSE = "courses/<course_id>"
STUDENT = f"{COURSE}/students/<student_id>"
ASSIGNMENT = f"{COURSE}/assignments/<assignment_id>"
WORKER = f"{ASSIGNMENT}/students/<student_id>"
EXPORT = f"{COURSE}/export"


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponseBase:
    """Answer for every address that there is not."""
    message = f"Found no such address: {request.path_info[:200]!r}"
    return answer_error(NotFoundError(message))


def _read(answer: Answer) -> Operation:
    return Operation(scope=READ, answer=answer)


def _write(answer: Answer) -> Operation:
    return Operation(scope=WRITE, answer=answer)


def _see(answer: Answer) -> Operation:
    return Operation(scope=SEE, answer=answer)


def _ask(answer: Answer) -> Operation:
    return Operation(scope=ASK, answer=answer)


ADDRESSES: dict[str, View] = {
    "courses_list": at(GET=_read(courses.list_all)),
    "courses": at(GET=_read(courses.find_by_name), POST=_write(courses.create)),
    COURSE: at(GET=_read(courses.show), DELETE=_write(courses.delete)),
    f"{COURSE}/archive": at(POST=_write(courses.archive)),
    f"{COURSE}/modules": at(POST=_write(courses.create_module)),
    f"{COURSE}/assignments": at(POST=_write(courses.create_assignment)),
    f"{COURSE}/students": at(GET=_read(people.list_students)),
    f"{COURSE}/teachers": at(
        GET=_read(people.list_teachers), POST=_write(people.add_teacher)
    ),
    f"{COURSE}/filterLearnersForMentors": at(POST=_write(people.filter_learners)),
    f"{STUDENT}/progress": at(GET=_read(people.show_progress)),
    f"{STUDENT}/export/csv": at(GET=_ask(exports.export_student_csv)),
    f"{ASSIGNMENT}/students": at(GET=_read(people.list_progress)),
    f"{ASSIGNMENT}/settings": at(
        GET=_read(assignments.get_settings), POST=_write(assignments.update_settings)
    ),
    f"{ASSIGNMENT}/versions": at(POST=_write(assignments.publish)),
    f"{ASSIGNMENT}/publishes/<task_id>": at(GET=_read(assignments.show_publish)),
    f"{ASSIGNMENT}/export/csv": at(GET=_ask(exports.export_assignment_csv)),
    WORKER: at(POST=_write(assignments.extend)),
    f"{WORKER}/download": at(GET=_ask(exports.start_project)),
    f"{WORKER}/download/<task_id>": at(GET=_see(exports.show_project)),
    f"{EXPORT}/assessments/csv": at(GET=_ask(exports.start_assessments)),
    f"{EXPORT}/assessments/csv/download/<task_id>": at(
        GET=_see(exports.show_assessments)
    ),
    f"{EXPORT}/coach": at(POST=_ask(exports.refuse_coach)),
    f"{EXPORT}/coach/progress/<task_id>": at(GET=_see(exports.refuse_task)),
    f"{EXPORT}/llmproxy": at(POST=_ask(exports.refuse_llm_proxy)),
    f"{EXPORT}/llmproxy/progress/<task_id>": at(GET=_see(exports.refuse_task)),
    f"{EXPORT}/workdata": at(
        GET=_see(exports.WORK.list_available), POST=_ask(exports.WORK.start)
    ),
    f"{EXPORT}/workdata/progress/<task_id>": at(GET=_see(exports.WORK.show)),
    f"{EXPORT}/sources": at(
        GET=_see(exports.SOURCES.list_available), POST=_ask(exports.SOURCES.start)
    ),
    f"{EXPORT}/sources/progress/<task_id>": at(GET=_see(exports.SOURCES.show)),
}
"""What is called at every address below ``/api/v1/`` for one who has a token."""
vars(ADDRESSES[f"{ASSIGNMENT}/versions"])["max_body_bytes"] = 2 << 30
# An archive with the sources of an assignment; see ``web.guards``.

urlpatterns = [
    path("api/v1/token", tokens.token),
    *(path(f"api/v1/{address}", view) for address, view in ADDRESSES.items()),
    path("files/<pass_text>/<file_name>", files.file),
    re_path("", unknown),
]
