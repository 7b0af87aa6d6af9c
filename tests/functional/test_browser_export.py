"""A teacher takes a course's data out, in a real browser, with real files."""

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.functional.browsers import look_at, sign_in
from tests.functional.sites import ADMIN, STUDENT, TEACHER, WORKSPACE, Site, wait_until

pytestmark = pytest.mark.browser

NEWEST = """
SELECT state FROM exports_mailmessage WHERE export_id =
(SELECT id FROM exports_export ORDER BY requested_at DESC LIMIT 1)
"""
VEILED = """
SELECT id FROM exports_export
WHERE identifier = 'student-data' AND state = 'ready' AND options LIKE '%reading study%'
"""
EXPIRED = """
import django
django.setup()
from datetime import timedelta
from django.utils import timezone
from bookbag.domain.courses.models import Course
from bookbag.exports.models import Export
course = Course.objects.get()
past = timezone.now() - timedelta(days=1)
print(Export.objects.create(
    identifier="course-data", workspace=course.workspace, course=course,
    scope_name=course.name, request_key="expired", state="expired", sha256="0" * 64,
    requested_by=course.enrolments.filter(role="Teacher")[0].user, size_bytes=1,
    storage_key="x", expires_at=past, finished_at=past, removed_at=past,
).pk)
"""


def test_a_teacher_exports_a_course_and_opens_the_mailed_link(
    site: Site, page: Page, tmp_path: Path
) -> None:
    sign_in(page, site, TEACHER)
    page.get_by_role("link", name="CS101").first.click()
    page.get_by_role("link", name="Admin").click()
    page.get_by_role("link", name="Course Data: Export links").click()
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_text("we will e-mail grace.mbeki@school.example").wait_for()
    page.get_by_role("dialog").get_by_text("Ready").first.wait_for(timeout=60_000)
    open_mailed_link(page, site)
    with page.expect_download() as started:
        page.get_by_role("button", name="Download", exact=True).click()
    archive = tmp_path / started.value.suggested_filename
    started.value.save_as(archive)

    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
    unpacked = tmp_path / "unpacked"
    subprocess.run(["unzip", "-q", archive, "-d", unpacked], check=True)  # noqa: S603, S607
    script = next(unpacked.glob("*/verify.py"))
    verified = subprocess.run(  # noqa: S603 - the script of our own archive
        [sys.executable, script], capture_output=True, text=True, check=False
    )
    assert verified.returncode == 0, verified.stdout


def test_every_page_is_sound_in_each_size_and_theme(site: Site, page: Page) -> None:
    page.goto(f"{site.base_url}/accounts/login/")
    faults = look_at(page, "sign-in")
    sign_in(page, site, ADMIN)
    faults += look_at(page, "courses")
    page.get_by_role("link", name="CS101").first.click()
    faults += look_at(page, "course-overview")
    page.get_by_role("link", name="Students").click()
    faults += look_at(page, "course-students")
    page.get_by_role("link", name="Admin").click()
    faults += look_at(page, "course-admin")
    page.goto(page.url + "exports/")
    faults += look_at(page, "course-exports")
    page.get_by_role("link", name="Export with options…").click()
    faults += look_at(page, "course-options")
    page.get_by_role("link", name="Privacy", exact=True).click()
    faults += look_at(page, "privacy")

    assert faults == []


def test_every_page_of_an_export_is_sound(site: Site, page: Page) -> None:
    sign_in(page, site, ADMIN)
    page.get_by_role("link", name="CS101").first.click()
    page.get_by_role("link", name="Admin").click()
    page.get_by_role("link", name="Course Data: Export links").click()
    faults = look_at(page, "dialog")
    page.get_by_role("dialog").get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("dialog").get_by_text("Ready").first.wait_for(timeout=60_000)
    faults += look_at(page, "dialog-ready")
    open_mailed_link(page, site)
    faults += look_at(page, "export")
    page.get_by_role("link", name="receipt").first.click()
    faults += look_at(page, "receipt")
    page.goto(f"{site.base_url}/sent-mail/")
    faults += look_at(page, "sent-mail")
    page.locator("main table a").first.click()
    faults += look_at(page, "mail")

    assert faults == []


def test_one_assignment_and_one_student_are_exported_from_their_menus(
    site: Site, page: Page
) -> None:
    sign_in(page, site, TEACHER)
    page.get_by_role("link", name="CS101").first.click()
    page.locator("summary", has_text="Options").first.click()
    faults = look_at(page, "assignment-options")
    page.get_by_role("link", name="Settings").first.click()
    faults += look_at(page, "assignment")
    page.get_by_role("button", name="Export Assignment Data").click()
    page.get_by_text("Started. You can leave this page").wait_for()
    page.get_by_role("link", name="Students").click()
    page.locator("summary", has_text="Options").first.click()
    faults += look_at(page, "student-options")
    page.get_by_role("button", name="Export Student Data").first.click()
    page.get_by_role("cell", name="Ready").nth(1).wait_for(timeout=60_000)
    faults += look_at(page, "export-links")

    assert faults == []


def test_a_student_is_exported_with_options_from_the_menu(
    site: Site, page: Page
) -> None:
    sign_in(page, site, TEACHER)
    page.get_by_role("link", name="CS101").first.click()
    page.get_by_role("link", name="Students").click()
    page.locator("summary", has_text="Options").first.click()
    page.get_by_role("link", name="Export with options…").first.click()
    people = page.get_by_label("People who are named in files")
    people.select_option("List them, and put pseudonyms in their place")
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_text("Found no purpose for pseudonyms, expected one").wait_for()
    faults = look_at(page, "student-options-page")
    page.get_by_label("Pseudonyms for").fill("Reading study")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text("Started. You can leave this page")).to_be_visible()
    wait_until(lambda: bool(site.query(VEILED)), "the export with pseudonyms")
    page.goto(f"{site.base_url}/exports/{UUID(str(site.query(VEILED)[0][0]))}/")
    expect(page.get_by_text("reading study")).to_be_visible()
    faults += look_at(page, "student-options-export")

    assert faults == []


def test_results_download_from_each_menu(
    site: Site, page: Page, tmp_path: Path
) -> None:
    results = tmp_path / "results.csv"
    (name,) = site.query("SELECT name FROM courses_assignment ORDER BY id LIMIT 1")[0]
    results.write_text(
        f"assignment,student,final_grade,assessment,answer\n{name},{STUDENT},93,Q1,=1\n"
    )
    done = site.run("load", "--results", str(results), f"--workspace={WORKSPACE}")
    assert done.returncode == 0, done.stderr
    sign_in(page, site, TEACHER)
    page.get_by_role("link", name="CS101").first.click()
    page.locator("summary", has_text="Options").first.click()
    of_assignment = download_rows(page, page.get_by_role("button", name="Download CSV"))
    page.get_by_role("link", name="Students").click()
    row = page.get_by_role("row").filter(has_text=STUDENT)
    row.locator("summary").click()
    of_student = download_rows(page, row.get_by_role("button", name="Download CSV"))

    (graded,) = [row for row in of_assignment if row["Final Grade"]]
    assert (graded["Email Address"], graded["Q1_Answer"]) == (STUDENT, "'=1")
    assert [row["Final Grade"] for row in of_student if row["Final Grade"]] == ["93"]
    assert {row["Email Address"] for row in of_student} == {STUDENT}


def download_rows(page: Page, button: Locator) -> list[dict[str, str]]:
    with page.expect_download(timeout=60_000) as started:
        button.first.click()
    text = started.value.path().read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_access_data_of_some_days_is_chosen_on_the_page(site: Site, page: Page) -> None:
    sign_in(page, site, TEACHER)
    page.get_by_role("link", name="CS101").first.click()
    page.get_by_role("link", name="Admin").click()
    page.get_by_text("Choose days, people and time zone").click()
    faults = look_at(page, "access-choices")
    page.get_by_label("People").fill("nobody")
    page.get_by_role("button", name="Download CSV: User access data").click()
    page.get_by_text("Found 'nobody', expected people of the course").wait_for()
    page.get_by_label("People").fill(TEACHER.upper())
    page.get_by_label("Time zone").select_option("Asia/Kathmandu")
    page.get_by_label("To, that day included").fill("2099-01-01")
    button = page.get_by_role("button", name="Download CSV: User access data")
    rows = download_rows(page, button)

    assert faults == []
    assert {row["email"] for row in rows} == {TEACHER}
    assert {row["occurred_at"][-6:] for row in rows} == {"+05:45"}


def test_a_student_sees_the_course_and_no_export(site: Site, page: Page) -> None:
    sign_in(page, site, STUDENT)
    page.get_by_role("link", name="CS101").first.click()

    expect(page.get_by_role("link", name="Overview")).to_be_visible()
    expect(page.get_by_role("link", name="Admin")).to_have_count(0)
    assert look_at(page, "course-of-a-student") == []


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        (TEACHER, "/nowhere/", 404),
        (TEACHER, "/links/unknown/", 404),
        (STUDENT, "/courses/1/admin/", 403),
        (TEACHER, "/exports/{expired}/", 410),
    ],
)
def test_a_refusal_has_the_same_look(
    site: Site, browser: Browser, who: str, path: str, status: int
) -> None:
    page = browser.new_page()  # whose console may complain of the status
    sign_in(page, site, who)
    expired = make_expired(site) if "{expired}" in path else ""
    answer = page.goto(site.base_url + path.format(expired=expired))

    assert answer is not None
    assert answer.status == status
    assert look_at(page, f"refusal-{status}") == []
    page.close()


def test_it_works_without_scripts(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, site, TEACHER)
    page.get_by_role("link", name="CS101").first.click()
    page.get_by_role("link", name="Admin").click()
    page.get_by_role("link", name="Course Data: Export links").click()
    page.get_by_role("button", name="Export", exact=True).click()

    expect(page.get_by_role("heading", name="Course Export Links")).to_be_visible()
    state = page.get_by_text("we will e-mail").or_(page.get_by_text("Ready"))
    expect(state.first).to_be_visible()
    context.close()


def open_mailed_link(page: Page, site: Site) -> None:
    open_newest_mail(page, site)
    page.locator("main a[href*='/links/']").first.click()


def open_newest_mail(page: Page, site: Site) -> None:
    """Open the mail of the export that was asked for last; other mails are older."""
    wait_until(lambda: set(site.query(NEWEST)) == {("delivered",)}, "the mail to leave")
    page.goto(f"{site.base_url}/sent-mail/")
    page.locator("main table a", has_text="is ready").first.click()


def make_expired(site: Site) -> str:
    """Make an export that was ready once; return its identifier."""
    return site.run_python(EXPIRED).strip()
