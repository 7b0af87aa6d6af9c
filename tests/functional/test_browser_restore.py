"""Restoring in a real browser: dropped, looked at, approved, and there again."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.functional.browsers import look_at, sign_in
from tests.functional.sites import ADMIN, TEACHER, Site
from tests.functional.test_browser_imports import DROP
from tests.unit.archive.malicious import zipped

pytestmark = pytest.mark.browser

DJANGO = """
import django
django.setup()
from django.utils import timezone
from bookbag.domain.activity.models import AccessEvent
from bookbag.domain.courses.models import Course, Project
from bookbag.domain.people.models import User
course = Course.objects.get()
"""
SIGN_IN_ONCE = f"""{DJANGO}
teacher = User.objects.get(email="{TEACHER}")
now = timezone.now()
AccessEvent.objects.create(user=teacher, access_type="Log In", occurred_at=now)
"""
SPOIL = f"""{DJANGO}
AccessEvent.objects.all().delete()
lost, other = course.enrolments.filter(role="Student").order_by("pk")[:2]
Project.objects.filter(owner=lost.user).delete()
User.objects.filter(pk=lost.user.pk).delete()
User.objects.filter(pk=other.user.pk).update(first_name="Renamed")
course.assignments.filter(pk=course.assignments.first().pk).update(name="Renamed lab")
"""
COUNT = """
SELECT (SELECT count(*) FROM courses_enrolment), (SELECT count(*) FROM courses_project)
"""


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path]]:
    """A site with a course, and the archive of it."""
    with Site(tmp_path_factory.mktemp("site")) as site:
        site.load_sample(students=3)
        site.run_python(SIGN_IN_ONCE)
        site.serve()
        archive = site.folder / "course.zip"
        shutil.copyfile(site.fetch_export(), archive)
        yield site, archive


def open_restores(page: Page, site: Site) -> None:
    sign_in(page, site, ADMIN)
    page.goto(f"{site.base_url}/courses/")
    page.get_by_role("link", name="Restore", exact=True).first.click()


def test_an_archive_is_dropped_looked_at_approved_and_the_course_is_there(
    archives: tuple[Site, Path], page: Page
) -> None:
    site, archive = archives
    before = site.query(COUNT)
    site.run_python(SPOIL)
    open_restores(page, site)
    expect(page.get_by_role("heading", name="Restore", exact=True)).to_be_visible()
    faults = look_at(page, "restore-choose")

    content = list(archive.read_bytes())
    page.evaluate(DROP, {"name": "course.zip", "bytes": content})
    expect(page.get_by_label("Course", exact=True)).to_be_visible()
    faults += look_at(page, "restore-uploaded")
    page.get_by_role("button", name="Check and compare").click()
    expect(page.get_by_text("Nothing has happened yet")).to_be_visible()
    faults += look_at(page, "restore-diff")
    for shown in ("here before: this server has its own", "Renamed"):
        expect(
            page.locator("details[open]").filter(has_text=shown).first
        ).to_be_visible()
    assert site.query(COUNT) != before

    page.get_by_role("button", name="things").click()
    expect(page.get_by_text("Done: what was missing")).to_be_visible()
    faults += look_at(page, "restore-done")
    page.get_by_role("status").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert (site.query(COUNT), faults) == (before, [])


def test_what_is_no_archive_is_explained_and_what_is_not_wanted_is_not_restored(
    archives: tuple[Site, Path], page: Page, tmp_path: Path
) -> None:
    site, archive = archives
    open_restores(page, site)
    (tmp_path / "no.zip").write_bytes(zipped(b"main.py"))
    page.locator("#file").set_input_files(tmp_path / "no.zip")
    page.get_by_label("Course", exact=True).fill("A copy")
    page.get_by_role("button", name="Check and compare").click()

    expect(page.get_by_text("It was not restored.")).to_be_visible()
    expect(page.get_by_text("expected one: 'no'. Nothing was")).to_be_visible()
    faults = look_at(page, "restore-refused")
    page.get_by_role("link", name="Choose another archive").click()
    page.locator("#file").set_input_files(archive)
    page.get_by_label("Course", exact=True).fill("A copy")
    page.get_by_role("button", name="Check and compare").click()
    expect(page.get_by_text("Nothing has happened yet")).to_be_visible()
    page.get_by_role("button", name="Do not restore").click()

    expect(page.get_by_text("The restore was stopped")).to_be_visible()
    expect(page.get_by_text("Cancelled · A copy")).to_be_visible()
    faults += look_at(page, "restore-list")
    assert faults == []
    assert site.query("SELECT 1 FROM courses_course WHERE name = 'A copy'") == []
