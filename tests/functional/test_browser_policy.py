"""Every page in a real browser: nothing breaks the policy that is sent with it.

The walk opens each address that takes a GET, signed in as an operator, an admin, a
teacher and a student, and not signed in. The browser itself says what it refused
(``securitypolicyviolation``); headers are looked at on every answer, whatever it is.
``-s`` shows the counts.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import APIResponse, Browser, Page

from tests.functional.browsers import sign_in
from tests.functional.sites import ADMIN, PASSWORD, STUDENT, TEACHER, Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OPERATOR = "operator@example.edu"
NOBODY = ""
LISTEN = """
document.addEventListener("securitypolicyviolation", event => noteViolation(
    `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ""}`
));
"""
PLANTED = """
const script = document.createElement("script");
script.textContent = "window.planted = true";
document.body.append(script);
const box = document.createElement("p");
box.setAttribute("style", "color: red");
document.body.append(box);
"""
LEAST_PAGES = {NOBODY: 8, STUDENT: 20, TEACHER: 30, ADMIN: 40, OPERATOR: 40}
"""Fewer would mean that somebody's pages were not there to be looked at."""
PUBLIC = ("/.well-known/", "/lti/keys/")
"""What caches may keep: keys that are published."""
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
FIND_ADDRESSES = f"""
import json
import django
django.setup()
from bookbag.domain.courses.models import Course
from bookbag.domain.people.models import User
from bookbag.exports.models import Export
from tests.functional import test_access, test_access_everywhere as elsewhere
User.objects.create_superuser("operator", "{OPERATOR}", "{PASSWORD}")
course, export = Course.objects.get(), Export.objects.get(state="ready")
known = test_access.make_arguments("", course, export)
known["export_id"] = export.pk
names = [n for n in test_access.MATRIX if n not in test_access.POSTED]
pages = [test_access.address_of(name, known) for name in names]
for part in ("accounts/", "operator/"):
    pages += elsewhere.addresses_under(part).values()
pages += ["/api/v1/docs", "/codio/", "/no/such/page"]
print(json.dumps(sorted(set(pages))))
"""


@dataclass
class Seen:
    """What a walk came by."""

    answers: int = 0
    pages: int = 0
    violations: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of these tests alone, on which there is one export and an operator."""
    with Site(tmp_path_factory.mktemp("site")) as running:
        running.load_sample(students=6)
        running.serve()
        yield running


@pytest.fixture(scope="module")
def addresses(site: Site) -> list[str]:
    site.fetch_export()
    found: list[str] = json.loads(site.run_python(FIND_ADDRESSES))
    return found


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def visitor(browser: Browser, seen: Seen) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.expose_function("noteViolation", lambda text: seen.violations.append(text))
    context.add_init_script(LISTEN)
    yield context.new_page()
    context.close()


def is_for(address: str, who: str) -> bool:
    """Leave the operator's pages to the operator, who has no others."""
    return who == NOBODY or address.startswith("/operator/") == (who == OPERATOR)


def look(visitor: Page, address: str, seen: Seen) -> None:
    answer = visitor.request.get(address, max_redirects=0)
    seen.answers += 1
    seen.faults += [f"{address}: {fault}" for fault in find_faults(answer)]
    is_html = answer.headers.get("content-type", "").startswith("text/html")
    if answer.status == 200 and is_html:
        visitor.goto(address, wait_until="load")
        seen.pages += 1


def find_faults(answer: APIResponse) -> Iterator[str]:
    headers = answer.headers
    policy = headers.get("content-security-policy", "")
    missing = POLICY - {part.strip() for part in policy.split(";")}
    if missing or "unsafe" in policy:
        yield f"the policy is {policy!r}"
    for name, expected in HEADERS.items():
        if headers.get(name) != expected:
            yield f"{name} is {headers.get(name)!r}"
    caching = headers.get("cache-control", "")
    if "no-store" not in caching and not any(part in answer.url for part in PUBLIC):
        yield f"caches may keep it: {caching!r}"
    if answer.status >= 500:
        yield f"status {answer.status}"


@pytest.mark.parametrize("who", [NOBODY, STUDENT, TEACHER, ADMIN, OPERATOR])
def test_no_page_breaks_its_policy(
    site: Site, addresses: list[str], visitor: Page, seen: Seen, who: str
) -> None:
    if who != NOBODY:
        sign_in(visitor, site, who)

    for address in addresses:
        if is_for(address, who):
            look(visitor, site.base_url + address, seen)

    counts = f"{seen.answers} answers, {seen.pages} pages"
    found = f"{len(seen.violations)} violations, {len(seen.faults)} faults of headers"
    sys.stdout.write(f"{who or 'not signed in'}: {counts}, {found}\n")
    assert seen.violations == []
    assert seen.faults == []
    assert seen.pages >= LEAST_PAGES[who]
    visitor.evaluate(PLANTED)
    visitor.wait_for_timeout(200)
    assert len(seen.violations) == 2, "the browser no longer says what it refuses"
