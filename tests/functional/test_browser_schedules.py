"""Schedules and webhooks on a real site, with a real worker and a real receiver."""

import hashlib
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect
from standardwebhooks.webhooks import Webhook as Verifier

from tests.fakes.receivers import Receiver, listening
from tests.functional.browsers import look_at, sign_in
from tests.functional.sites import ADMIN, TEACHER, Site, wait_until

WORKSPACE_PATH = "/workspaces/example-university"
COURSE_IS_DUE = """
UPDATE schedules_schedule SET next_run_at = datetime('now', '-1 minute')
WHERE state = 'active'
"""
STOPPED = """
UPDATE schedules_schedule SET state = 'stopped', next_run_at = NULL, failure_count = 5,
last_failure = 'The person has no right to this export.'
"""
FAILED_RUN = """
INSERT INTO schedules_schedulerun (schedule_id, planned_at, started_at, missed_count,
state, failure_code, failure_sentence)
SELECT id, datetime('now', '-1 day'), datetime('now'), 3, 'failed',
'export_permission_refused', 'The person has no right to this export.'
FROM schedules_schedule
"""


@pytest.fixture(scope="module")
def hooked_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that may call the tests' own receivers."""
    folder = tmp_path_factory.mktemp("site")
    with Site(folder, BOOKBAG_PRIVATE_TARGETS="127.0.0.0/8") as site:
        site.load_sample(students=2)
        site.serve()
        yield site


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


@pytest.fixture
def api(hooked_site: Site) -> Iterator[httpx.Client]:
    """A program of the workspace's admin."""
    scopes = ("--scope=exports:write", "--scope=webhooks:write")
    made = hooked_site.run("token", "create", ADMIN, "--name=Program", *scopes)
    headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
    base_url = f"{hooked_site.base_url}/api/v1"
    with httpx.Client(base_url=base_url, headers=headers) as client:
        yield client


def schedule_course(site: Site, api: httpx.Client) -> str:
    """Make a nightly schedule of the course's data and return its address."""
    ((course_id,),) = site.query("SELECT id FROM courses_course")
    body = {
        "identifier": "course-data",
        "scope": {"course_id": course_id},
        "rule": "FREQ=DAILY",
        "first_day": f"{site.query('SELECT date()')[0][0]}",
        "time": "02:30",
        "time_zone": "Europe/Berlin",
    }
    return str(api.post("/schedules", json=body).raise_for_status().json()["url"])


def test_an_export_by_schedule_is_told_to_a_webhook_that_believes_it(
    hooked_site: Site, api: httpx.Client, receiver: Receiver
) -> None:
    wanted = {"url": receiver.url, "kinds": ["export.ready", "export.expired"]}
    made = api.post(f"{WORKSPACE_PATH}/webhooks", json=wanted).raise_for_status()
    url = schedule_course(hooked_site, api)
    hooked_site.query(COURSE_IS_DUE)

    wait_until(lambda: len(receiver.received) == 1, "the webhook to be called")

    request = receiver.received[0]
    told = Verifier(made.json()["secret"]).verify(request.body, request.headers)
    export = api.get(told["data"]["url"]).raise_for_status().json()
    file = api.get(export["file"]["url"], follow_redirects=True).raise_for_status()
    assert (told["type"], export["state"]) == ("export.ready", "ready")
    assert hashlib.sha256(file.content).hexdigest() == told["data"]["sha256"]
    wait_until(
        lambda: api.get(f"{url}/runs").json()["items"][0]["state"] == "done",
        "the run to be settled",
    )

    hooked_site.query("UPDATE exports_export SET expires_at = datetime('now')")
    hooked_site.succeed("sweep")
    wait_until(lambda: len(receiver.received) == 2, "the second call")
    assert b'"export.expired"' in receiver.received[1].body
    api.delete(f"{WORKSPACE_PATH}/webhooks/{made.json()['id']}").raise_for_status()


@pytest.mark.browser
def test_a_teacher_schedules_a_course_and_sees_what_becomes_of_it(
    hooked_site: Site, page: Page
) -> None:
    hooked_site.query("DELETE FROM schedules_schedulerun")
    hooked_site.query("DELETE FROM schedules_schedule")
    sign_in(page, hooked_site, TEACHER)
    page.get_by_role("link", name="Schedules").first.click()
    expect(page.get_by_text("No schedules yet")).to_be_visible()
    page.get_by_text("New Schedule", exact=True).click()
    page.get_by_label("What to export").select_option(label="Course Data")
    page.get_by_role("button", name="Choose when").click()

    faults = _fill_schedule(page)
    page.get_by_role("button", name="Make schedule").click()
    expect(page.get_by_text("The schedule was made.")).to_be_visible()
    expect(page.locator(".run-list li")).to_have_count(5)
    faults += look_at(page, "schedule")

    hooked_site.query(FAILED_RUN)
    hooked_site.query(STOPPED)
    page.reload()
    expect(
        page.get_by_text("Stopped: 5 runs failed, one after the other.")
    ).to_be_visible()
    faults += look_at(page, "schedule-stopped")
    page.get_by_role("link", name="Schedules").first.click()
    expect(page.get_by_text("Every Monday, Thursday")).to_be_visible()
    faults += look_at(page, "schedules")
    assert faults == []


def _fill_schedule(page: Page) -> list[str]:
    expect(page.locator("#next-runs li")).to_have_count(5)
    page.get_by_label("By a rule (RRULE)").check()
    page.get_by_label("Rule", exact=True).fill("FREQ=SOMETIMES")
    expect(page.get_by_text("Found FREQ=SOMETIMES, expected one of")).to_be_visible()
    page.get_by_label("On days of the week").check()
    page.get_by_label("Thursday").check()
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    expect(page.get_by_text("By the clock of Europe/Berlin.")).to_be_visible()
    return look_at(page, "schedule-form-weekly")


@pytest.mark.browser
def test_an_admin_adds_a_webhook_and_is_shown_its_secret(
    hooked_site: Site, page: Page, receiver: Receiver
) -> None:
    sign_in(page, hooked_site, ADMIN)
    page.goto(f"{hooked_site.base_url}{WORKSPACE_PATH}/webhooks/")
    expect(page.get_by_text("No webhooks yet")).to_be_visible()
    page.get_by_text("Add Webhook", exact=True).click()
    page.get_by_label("Address").fill("http://10.0.0.1/hook")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Found 10.0.0.1, which is not public")).to_be_visible()
    faults = look_at(page, "webhooks-refused")
    page.get_by_label("Address").fill(receiver.url)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("shown this once")).to_be_visible()
    faults += look_at(page, "webhook-new")

    hooked_site.fetch_export()
    wait_until(lambda: len(receiver.received) == 1, "the webhook to be called")
    page.reload()
    page.get_by_text("1 try", exact=True).click()
    faults += look_at(page, "webhook-log")
    page.get_by_role("button", name="Deliver").click()
    wait_until(lambda: len(receiver.received) == 2, "the second call")
    first, again = receiver.received
    assert (first.body, first.headers["webhook-id"]) == (
        again.body,
        again.headers["webhook-id"],
    )
    assert faults == []
