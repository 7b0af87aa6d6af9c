"""What pylti1p3 asks about platforms: registrations, their key sets, and tickets."""

import json
from typing import Any, cast

import requests
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _
from pylti1p3.deployment import Deployment
from pylti1p3.launch_data_storage.base import LaunchDataStorage
from pylti1p3.registration import Registration, TKey, TKeySet
from pylti1p3.tool_config.abstract import ToolConfAbstract

from bookbag.domain.lti.errors import LaunchRefusedError
from bookbag.domain.lti.models import Platform
from bookbag.domain.lti.sealing import unseal
from bookbag.domain.lti.tickets import issue_ticket, use_ticket
from bookbag.domain.lti.tool_keys import get_tool_key

KEY_SET_SECONDS = 3600
ANSWER_SECONDS = 10
ANSWER_BYTES = 1 << 20
OTHER_AUDIENCE = (
    "audience",
    _("This launch is meant for another tool."),
    _(
        "Compare issuer and client id in the platform with those on the workspace's "
        "LTI page."
    ),
)
"""What is refused when a platform is known, but not by this client id."""


class DatabaseTickets(LaunchDataStorage[str]):
    """Keeps nonces in the database, where every server of the site sees them."""

    def get_session_cookie_name(self) -> None:
        """Return none: a ticket belongs to no session, the state's cookie binds it."""

    def can_set_keys_expiration(self) -> bool:
        """Answer no: tickets have one lifetime."""
        return False

    def set_value(self, key: str, value: object, exp: int | None = None) -> None:
        """Keep a nonce."""
        del value, exp
        issue_ticket(self._prepare_key(key))

    def get_value(self, key: str) -> Any:
        """Return nothing: a state is known by its cookie alone."""
        del key

    def check_value(self, key: str) -> bool:
        """Answer whether a nonce was kept; it is used up by that."""
        return use_ticket(self._prepare_key(key)) is not None


class PlatformRegistry(ToolConfAbstract[Any]):
    """The platforms of all workspaces."""

    def check_iss_has_one_client(self, iss: str) -> bool:
        """Answer no: a platform is known by issuer and client."""
        del iss
        return False

    def check_iss_has_many_clients(self, iss: str) -> bool:
        """Answer yes."""
        del iss
        return True

    def find_registration_by_issuer(
        self, iss: str, *args: Any, **kwargs: Any
    ) -> Registration:
        """Return what is known of a platform by its issuer alone."""
        return self.find_registration_by_params(iss, None, *args, **kwargs)

    def find_deployment(self, iss: str, deployment_id: str) -> None:
        """Return none: a deployment is known with its client only."""
        del iss, deployment_id

    def find_registration_by_params(
        self, iss: str, client_id: str | None, *args: Any, **kwargs: Any
    ) -> Registration:
        """Return what is known of a platform.

        Raises:
            LaunchRefusedError: If nobody registered it.
        """
        del args, kwargs
        found = Platform.objects.filter(issuer=iss)
        if client_id:
            found = found.filter(client_id=client_id)
        platform = found.order_by("pk").first()
        if platform is None and Platform.objects.filter(issuer=iss).exists():
            raise LaunchRefusedError(*OTHER_AUDIENCE)
        if platform is None:
            raise LaunchRefusedError(
                "unknown_platform",
                _("The platform of this launch is not known here."),
                _(
                    "A workspace admin has to add it on the workspace's LTI page, with "
                    "the platform's issuer and the client id it gave Bookbag."
                ),
            )
        return make_registration(platform)

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *args: Any, **kwargs: Any
    ) -> Deployment | None:
        """Return a deployment of a platform, or None."""
        del args, kwargs
        is_known = Platform.objects.filter(
            issuer=iss, client_id=client_id, deployment_id=deployment_id
        ).exists()
        return Deployment().set_deployment_id(deployment_id) if is_known else None


def make_registration(platform: Platform) -> Registration:
    """Return a platform as the library wants it, with Bookbag's own key."""
    key = get_tool_key()
    registration = Registration()
    registration.set_issuer(platform.issuer)
    registration.set_client_id(platform.client_id)
    registration.set_key_set_url(platform.key_set_url)
    registration.set_auth_login_url(platform.login_url)
    registration.set_auth_token_url(platform.token_url)
    registration.set_tool_public_key(key.public_key)
    registration.set_tool_private_key(unseal(key.sealed_private_key))
    return registration


def fetch_key_set(url: str, key_id: str) -> TKeySet:
    """Return a platform's key set, an hour old at most, fresh when a key is missing.

    Raises:
        LaunchRefusedError: If the platform does not give it.
    """
    name = f"lti-key-set:{url}"
    kept = cache.get(name)
    if kept is not None and any(key.get("kid") == key_id for key in kept["keys"]):
        return TKeySet(keys=kept["keys"])
    try:
        with requests.get(url, timeout=ANSWER_SECONDS, stream=True) as answer:
            answer.raise_for_status()
            content = answer.raw.read(ANSWER_BYTES, decode_content=True)
        found = json.loads(content)
        keys = [key for key in found["keys"] if isinstance(key, dict)]
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        raise LaunchRefusedError(
            "key_set",
            _("The platform's keys could not be read."),
            _(
                "Open the key set URL of the platform from this server; it has to "
                "answer with a JSON key set."
            ),
        ) from error
    cache.set(name, {"keys": keys}, KEY_SET_SECONDS)
    return TKeySet(keys=cast("list[TKey]", keys))
