"""Account pages in a real browser: a passkey, an authenticator app, other browsers."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.functional.browsers import look_at, sign_in
from tests.functional.sites import ADMIN, PASSWORD, STUDENT, TEACHER, Site
from tests.functional.test_sign_in import compute_code

pytestmark = pytest.mark.browser


FORGET_FACTORS = (
    "import django; django.setup()\n"
    "from allauth.mfa.models import Authenticator\n"
    "Authenticator.objects.all().delete()\n"
)


@pytest.fixture
def verified_site(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The site under its name, where everybody's address was verified by a mail.

    A passkey belongs to a name; browsers make none for an address. Other tests sign
    in with a password alone, so the second factors end with the test.
    """
    site.run_python(
        "import django; django.setup()\n"
        "from bookbag.domain.people.models import User\n"
        "from allauth.account.models import EmailAddress\n"
        "for user in User.objects.exclude(email=''):\n"
        "    EmailAddress.objects.update_or_create(user=user, email=user.email,\n"
        "        defaults={'verified': True, 'primary': True})\n"
    )
    monkeypatch.setattr(
        site, "base_url", site.base_url.replace("127.0.0.1", "localhost")
    )
    yield site
    site.run_python(FORGET_FACTORS)


def prove(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def add_virtual_authenticator(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_and_signs_in_without_a_password(
    verified_site: Site, page: Page
) -> None:
    base = verified_site.base_url
    add_virtual_authenticator(page)
    page.goto(f"{base}/accounts/login/")
    faults = look_at(page, "sign-in")
    sign_in(page, verified_site, TEACHER)
    page.goto(f"{base}/accounts/2fa/webauthn/add/")
    page.get_by_role("heading", name="Is it still you?").wait_for()
    faults += look_at(page, "confirm-access")
    prove(page)
    page.get_by_role("heading", name="Add Security Key").wait_for()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("Passwordless").check()
    faults += look_at(page, "passkey-add")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("heading", name="Recovery Codes").wait_for()
    page.goto(f"{base}/accounts/2fa/webauthn/")
    page.get_by_text("Laptop").wait_for()
    faults += look_at(page, "passkeys")

    page.context.clear_cookies()
    page.goto(f"{base}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="Courses").wait_for()

    assert faults == []


def test_an_authenticator_app_is_set_up_and_asked_for(
    verified_site: Site, page: Page
) -> None:
    site = verified_site
    sign_in(page, site, STUDENT)
    page.goto(f"{site.base_url}/accounts/2fa/")
    page.get_by_role("heading", name="Two-Factor Authentication").wait_for()
    faults = look_at(page, "second-factors")
    page.get_by_role("link", name="Activate").click()
    prove(page)
    secret = page.get_by_label("Authenticator secret").input_value()
    faults += look_at(page, "app-activate")
    page.get_by_label("Authenticator code").fill(compute_code(secret, time.time()))
    page.get_by_role("button", name="Activate").click()
    page.get_by_role("heading", name="Recovery Codes").wait_for()
    faults += look_at(page, "recovery-codes")
    codes = page.get_by_label("Unused codes").input_value().split()

    page.context.clear_cookies()
    sign_in(page, site, STUDENT)
    page.get_by_role("heading", name="Two-Factor Authentication").wait_for()
    faults += look_at(page, "second-factor")
    page.get_by_label(re.compile("code", re.I)).first.fill(codes[0])
    page.get_by_role("button", name="Sign In").click()
    page.get_by_role("heading", name="Courses").wait_for()

    assert faults == []


def test_account_pages_look_right(site: Site, page: Page) -> None:
    sign_in(page, site, ADMIN)
    faults = []
    for name, path in (
        ("password", "password/change"),
        ("email", "email"),
        ("browsers", "sessions"),
    ):
        page.goto(f"{site.base_url}/accounts/{path}/")
        expect(page.get_by_role("navigation", name="Account")).to_be_visible()
        faults += look_at(page, f"account-{name}")

    assert faults == []
