"""The people of a load run, signed in, and a large export that is ready."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.functional.sites import Site

TEACHERS = 10
MAKE = """
import hashlib, json, time, django
django.setup()
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from tests import factories
from bookbag.domain.courses.models import Course, Enrolment
from bookbag.exports.states import ExportState

def sign_in(user):
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session["signed_in_at"] = time.time()
    session.save()
    return session.session_key

course = Course.objects.get()
for _number in range({teachers}):
    factories.make_teacher(course)
people = [
    {{"session": sign_in(one.user), "role": str(one.role)}}
    for one in Enrolment.objects.filter(course=course).select_related("user")
]
digest, size_bytes = hashlib.sha256(), 0
teacher = course.enrolments.filter(role="Teacher").latest("pk").user
export = factories.make_export(course, teacher, state=ExportState.READY)
target = settings.BOOKBAG_VAR / "exports" / export.storage_key
target.parent.mkdir(parents=True, exist_ok=True)
with open({path!r}, "rb") as source, target.open("wb") as copy:
    while piece := source.read(1 << 20):
        digest.update(piece)
        size_bytes += copy.write(piece)
export.sha256, export.size_bytes = digest.hexdigest(), size_bytes
export.save()
print(json.dumps({{
    "course": course.pk,
    "assignments": list(course.assignments.values_list("pk", flat=True)),
    "people": people,
    "export": str(export.pk),
    "storage_key": export.storage_key,
    "owner": sign_in(teacher),
}}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody signed in."""

    session: str
    role: str

    @property
    def is_teacher(self) -> bool:
        """Whether they may ask for exports of the course."""
        return self.role == "Teacher"

    @property
    def cookie(self) -> str:
        """What their browser sends."""
        return f"sessionid={self.session}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Who is there, and what they may ask for."""

    course: int
    assignments: list[int]
    people: list[Person]
    owner: Person
    file_path: str
    """The address of a large file that is ready."""
    storage_key: str

    @classmethod
    def of_site(cls, site: Site, *, file: Path) -> Self:
        """Make them on a site that has a course."""
        made: Mapping[str, object] = json.loads(
            site.run_python(
                MAKE.format(teachers=TEACHERS, path=str(file)), patience_seconds=600
            )
        )
        return cls.from_json(made)

    @classmethod
    def from_json(cls, made: Mapping[str, object]) -> Self:
        """Read what the program on the site has printed."""
        people = made["people"]
        assert isinstance(people, list)
        assignments = made["assignments"]
        assert isinstance(assignments, list)
        return cls(
            course=int(str(made["course"])),
            assignments=assignments,
            people=[Person(**one) for one in people],
            owner=Person(session=str(made["owner"]), role="Teacher"),
            file_path=f"/exports/{made['export']}/file",
            storage_key=str(made["storage_key"]),
        )
