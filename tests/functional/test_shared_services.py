"""The same code with the queues and databases that many machines share."""

import pytest

from tests.functional.sites import Site, stop

EXPORT = """
import time
import django
django.setup()
from bookbag.domain.courses.models import Course
from bookbag.exports.catalogue.definition import ExportScope
from bookbag.exports.models import MailMessage
from bookbag.exports.services import request_export
course = Course.objects.get()
teacher = course.enrolments.filter(role="Teacher").order_by("pk")[0].user
export = request_export(
    person=teacher, identifier="course-data", scope=ExportScope.of_course(course)
)
deadline = time.monotonic() + 50
while time.monotonic() < deadline:
    mail = MailMessage.objects.filter(export=export).first()
    if mail is not None and mail.state != "waiting":
        break
    time.sleep(0.05)
export.refresh_from_db()
print(export.state, export.receipt.expected, mail.state)
"""


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.parametrize("queue", ["sqlite", "redis", "postgres"])
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_an_export_goes_through(
    empty_site: Site,
    queue: str,
    database: str,
    redis_server: str,
    postgres_database: str,
) -> None:
    site = empty_site
    addresses = {"redis": redis_server, "postgres": postgres_database}
    if queue != "sqlite":
        site.settings["BOOKBAG_QUEUE_URL"] = addresses[queue]
    if database != "sqlite":
        site.settings["DATABASE_URL"] = postgres_database
    site.load_sample(students=2)
    worker = site.start("worker")

    outcome = site.run_python(EXPORT)

    assert outcome == "ready 6 delivered\n"
    assert stop(worker) == 0
