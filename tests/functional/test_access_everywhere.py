"""Addresses that are not of our pages: accounts, and the operator's admin.

They have one rule each, which holds for whatever is added: without a sign-in there is
nothing. Exceptions are named here.
"""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from bookbag.api.codio.urls import ADDRESSES
from tests import factories
from tests.functional.api.test_access import OPERATIONS
from tests.functional.test_access import MATRIX, PEOPLE, POSTED, TWINS

pytestmark = pytest.mark.django_db

PARTS = {"", "api/v1/", "codio/", "accounts/", "operator/"}
"""What config/urls.py mounts: pages (test_access.py), two APIs (tests/functional/api,
tests/functional/codio), and what this file looks at."""
OPEN_ACCOUNTS = {
    *("account_login", "account_signup", "account_logout", "account_inactive"),
    *("account_reset_password", "account_reset_password_done"),
    *("account_reset_password_from_key", "account_reset_password_from_key_done"),
    *("account_confirm_email", "account_email_verification_sent"),
    *("socialaccount_signup", "socialaccount_login_cancelled"),
    *("socialaccount_login_error", "openid_connect_login", "openid_connect_callback"),
    *("saml_login", "saml_acs", "saml_finish_acs", "saml_sls", "saml_metadata"),
    *("mfa_authenticate", "mfa_login_webauthn", "mfa_trust", "mfa_signup_webauthn"),
}
"""What is there before somebody has signed in; what it gives, other tests look at."""
LEADS_ON = ("/accounts/login/", "/accounts/3rdparty/")
"""Where who is not signed in ends up; the second are new names of the same pages."""


CALLERS = (
    *("nobody", "an unknown token", "a token without the scope", "a stranger"),
    *("an admin elsewhere", "a service elsewhere", "an admin", "a deactivated admin"),
)
"""Who asks at each endpoint in tests/functional/api/test_access.py."""


def walk(
    patterns: list[URLPattern | URLResolver], before: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the name and the path of every address."""
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, path)
        else:
            yield pattern.name or path, path


def concrete(path: str) -> str:
    """Return a path that fits a pattern."""
    path = re.sub(r"\(\?P<\w+>[^)]*\)", "1", path)
    path = re.sub(r"<[^>]+>", "1", path)
    return "/" + re.sub(r"[\^$?+\\]|\(|\)", "", path)


def addresses_under(part: str) -> dict[str, str]:
    found = walk(get_resolver().url_patterns)
    return {name: concrete(path) for name, path in found if path.startswith(part)}


def test_every_part_of_the_site_has_a_rule() -> None:
    mounted = {str(part.pattern) for part in get_resolver().url_patterns}

    assert mounted == PARTS, (
        "config/urls.py mounts something new: give it a rule in this file"
    )


def test_account_pages_are_for_who_is_signed_in(client: Client) -> None:
    found = addresses_under("accounts/")
    answers = {
        name: client.get(url)
        for name, url in found.items()
        if name not in OPEN_ACCOUNTS
    }

    wrong = {
        name: answer.status_code
        for name, answer in answers.items()
        if not answer.headers.get("Location", "").startswith(LEADS_ON)
    }
    assert len(answers) >= 15
    assert wrong == {}, "add to OPEN_ACCOUNTS only what needs no sign-in"


@pytest.mark.parametrize("who", ["nobody", "admin", "teacher"])
def test_the_operators_admin_is_for_operators(client: Client, who: str) -> None:
    if who != "nobody":
        person = PEOPLE[who](factories.make_course())
        client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    found = addresses_under("operator/")

    answers = {name: client.get(url).status_code for name, url in found.items()}

    assert len(answers) >= 30
    open_ones = {n for n, status in answers.items() if status not in (302, 403, 404)}
    assert open_ones == set()


def test_the_matrix_has_a_size() -> None:
    """Say how much is asked; ``pytest -s`` shows it."""
    people = len(PEOPLE) + len(TWINS) + 1  # and who is not signed in
    others = len(addresses_under("accounts/")) + len(addresses_under("operator/"))
    print(  # noqa: T201 - what somebody runs it for
        f"\n{len(MATRIX)} pages x {people} people = {len(MATRIX) * people}; "
        f"{len(POSTED)} of them also by GET; "
        f"{len(OPERATIONS)} endpoints x {len(CALLERS)} callers = "
        f"{len(OPERATIONS) * len(CALLERS)}; {others} addresses of accounts and admin; "
        f"{len(ADDRESSES)} addresses of the Codio-compatible API"
    )

    assert len(MATRIX) * people >= 1000
    assert len(OPERATIONS) * len(CALLERS) >= 400
