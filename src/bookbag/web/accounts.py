"""How people get accounts, and whose word counts for who they are."""

from collections.abc import Mapping

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest

from bookbag.domain.people.services import find_user
from bookbag.domain.sealing import SecretBox
from bookbag.web.addresses import find_client_address

UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 - no address at all, where one has to stand
_BOX = SecretBox("bookbag.second-factors")


def name_tried_account(
    request: HttpRequest, credentials: Mapping[str, str] | None = None
) -> str:
    """Return whose failures a try to sign in counts among, for the lock-out.

    A person is one, whether tried by e-mail address or by user name, in any case.
    """
    given = credentials or request.POST
    names = (given.get(key) for key in ("username", "email", "login"))
    name = next((name for name in names if name), "")
    user = find_user(name) if name else None
    return name.lower() if user is None else user.get_username()


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # untyped library
    """An adapter that keeps sign-up closed: an admin adds people, or a roster does."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Answer that nobody signs up by themselves."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that no client can forge."""
        return find_client_address(request) or UNKNOWN_ADDRESS


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # untyped library
    """An adapter that believes each provider about its own domains and no others."""

    def is_open_for_signup(
        self, request: HttpRequest, sociallogin: SocialLogin
    ) -> bool:
        """Answer that nobody becomes a user by signing in elsewhere."""
        return False

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        """Answer whether the provider speaks for the domain of an address.

        Without this any provider could sign somebody in as anybody.
        """
        return _speaks_for(login.provider, email)

    def is_email_verified(self, provider: object, email: str) -> bool:
        """Answer whether an address counts as verified without a word about it.

        SAML has no such word; whose domain it is has verified it. OpenID Connect has
        a claim, and it decides.
        """
        return provider.id == "saml" and _speaks_for(provider, email)  # type: ignore[attr-defined]  # untyped library


class SealingMfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # untyped library
    """An adapter that keeps the secrets of authenticator apps sealed."""

    def encrypt(self, text: str) -> str:
        """Return a secret in a form that only this server can read."""
        return _BOX.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret that was sealed."""
        return _BOX.unseal(encrypted_text)


def _speaks_for(provider: object, email: str) -> bool:
    domains: list[str] = provider.app.settings.get("domains", [])  # type: ignore[attr-defined]  # untyped library
    domain = email.rpartition("@")[2].lower()
    return domain in [known.lower() for known in domains]
