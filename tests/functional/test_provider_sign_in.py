"""Signing in with an organisation's own accounts: OpenID Connect and SAML."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from bookbag.config.providers import read_providers
from bookbag.domain.people.models import MemberRole, User
from tests import factories
from tests.fakes import saml_provider
from tests.fakes.openid_provider import CLIENT_ID, CLIENT_SECRET, OpenIdProvider
from tests.fakes.saml_provider import SamlProvider, read_request

pytestmark = pytest.mark.django_db

HOST = "localhost"


@pytest.fixture
def ada() -> User:
    workspace = factories.make_workspace()
    return factories.make_member(workspace, "ada", role=MemberRole.ADMIN)


@pytest.fixture
def client() -> Client:
    return Client(SERVER_NAME=HOST, HTTP_HOST=HOST)


@pytest.fixture
def openid(settings: Settings, tmp_path: Path) -> Iterator[OpenIdProvider]:
    with OpenIdProvider() as provider:
        (tmp_path / "secret").write_text(CLIENT_SECRET)
        entry = {"kind": "openid", "id": "uni", "name": "Example University"}
        entry |= {"issuer": provider.issuer, "client_id": CLIENT_ID}
        configure(settings, tmp_path, entry | {"client_secret_file": "secret"})
        yield provider


@pytest.fixture
def saml(settings: Settings, tmp_path: Path) -> SamlProvider:
    provider = SamlProvider()
    (tmp_path / "idp.pem").write_text(provider.certificate)
    entry: dict[str, Any] = {"kind": "saml", "id": "campus", "name": "Campus"}
    entry |= {"entity_id": saml_provider.ENTITY_ID, "sso_url": saml_provider.SSO_URL}
    attributes = {"email": "mail", "uid": "mail"}
    entry |= {"certificate_file": "idp.pem", "attributes": attributes}
    configure(settings, tmp_path, entry)
    return provider


def configure(settings: Settings, folder: Path, entry: dict[str, Any]) -> None:
    path = folder / "providers.json"
    path.write_text(json.dumps([entry | {"domains": ["example.edu"]}]))
    settings.SOCIALACCOUNT_PROVIDERS = read_providers(path)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def follow_to_provider(location: str) -> str:
    """Visit the provider as the browser does, and return where it sends it back."""
    opener = urllib.request.build_opener(NoRedirect)
    with pytest.raises(urllib.error.HTTPError) as stopped:
        opener.open(location)
    back = urlsplit(str(stopped.value.headers["Location"]))
    stopped.value.close()
    return f"{back.path}?{back.query}"


def sign_in_by_openid(client: Client) -> Any:
    asked = client.get("/accounts/oidc/uni/login/?process=login&next=/my-data/")
    return client.get(follow_to_provider(asked["Location"]))


def sign_in_by_saml(client: Client, saml: SamlProvider, **answer: Any) -> Any:
    asked = client.get("/accounts/saml/campus/login/?process=login&next=/my-data/")
    response = saml.answer(read_request(asked["Location"]), **answer)
    posted = client.post("/accounts/saml/campus/acs/", {"SAMLResponse": response})
    return client.get(posted["Location"])


def who(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_the_page_offers_each_provider(client: Client, openid: OpenIdProvider) -> None:
    page = client.get("/accounts/login/").content.decode()

    assert "Sign in with Example University" in page
    assert "Sign in with a passkey" in page


def test_openid_signs_in_a_user_by_a_verified_address(
    client: Client, openid: OpenIdProvider, ada: User
) -> None:
    openid.claims = {"sub": "1", "email": ada.email, "email_verified": True}

    answer = sign_in_by_openid(client)

    assert (answer.status_code, answer["Location"]) == (302, "/my-data/")
    assert who(client) == str(ada.pk)


def test_openid_knows_the_person_again_when_their_address_changed(
    client: Client, openid: OpenIdProvider, ada: User
) -> None:
    openid.claims = {"sub": "1", "email": ada.email, "email_verified": True}
    sign_in_by_openid(client)
    client.logout()

    openid.claims = {"sub": "1", "email": "other@example.edu", "email_verified": True}
    sign_in_by_openid(client)

    assert who(client) == str(ada.pk)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "ada@example.edu", "email_verified": False},
        {"email": "ada@example.edu"},
        {"email": "nobody@example.edu", "email_verified": True},
        {"email": "ada@elsewhere.example", "email_verified": True},
        {},
    ],
)
def test_openid_signs_in_nobody_else(
    client: Client, openid: OpenIdProvider, ada: User, claims: dict[str, object]
) -> None:
    factories.make_user("adb", email="ada@elsewhere.example")
    openid.claims = {"sub": "2", **claims}

    answer = sign_in_by_openid(client)

    assert who(client) is None
    assert "There is no account for you here" in answer.content.decode()
    assert User.objects.count() == 2


def test_openid_answers_that_nobody_asked_for_are_refused(
    client: Client, openid: OpenIdProvider, ada: User
) -> None:
    openid.claims = {"sub": "1", "email": ada.email, "email_verified": True}
    asked = client.get("/accounts/oidc/uni/login/?process=login")
    back = follow_to_provider(asked["Location"])

    Client(HTTP_HOST=HOST).get(back)
    victim = Client(HTTP_HOST=HOST)
    victim.get(back)

    assert who(victim) is None


def test_saml_signs_in_a_user(client: Client, saml: SamlProvider, ada: User) -> None:
    answer = sign_in_by_saml(client, saml, email=ada.email)

    assert (answer.status_code, answer["Location"]) == (302, "/my-data/")
    assert who(client) == str(ada.pk)


def test_saml_refuses_an_assertion_that_nobody_signed(
    client: Client, saml: SamlProvider, ada: User
) -> None:
    sign_in_by_saml(client, saml, email=ada.email, is_signed=False)

    assert who(client) is None


def test_saml_refuses_the_signature_of_another_key(
    client: Client, saml: SamlProvider, ada: User
) -> None:
    sign_in_by_saml(client, SamlProvider(), email=ada.email)

    assert who(client) is None


def test_saml_believes_a_provider_about_its_own_domains_only(
    client: Client, saml: SamlProvider
) -> None:
    factories.make_user("eve", email="eve@elsewhere.example")

    answer = sign_in_by_saml(client, saml, email="eve@elsewhere.example")

    assert who(client) is None
    assert "There is no account for you here" in answer.content.decode()


def test_saml_takes_an_answer_once(
    client: Client, saml: SamlProvider, ada: User
) -> None:
    asked = client.get("/accounts/saml/campus/login/?process=login")
    response = saml.answer(read_request(asked["Location"]), email=ada.email)
    stolen = Client(SERVER_NAME=HOST, HTTP_HOST=HOST)

    posted = stolen.post("/accounts/saml/campus/acs/", {"SAMLResponse": response})
    stolen.get(posted["Location"])

    assert who(stolen) is None
