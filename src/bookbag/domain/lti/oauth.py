"""LTI 1.1: launches that are signed with a key and a secret.

Source: LTI 1.1, sections 3 and 4; RFC 5849. The signature is checked by oauthlib.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauthlib.oauth1 import (
    SIGNATURE_HMAC_SHA1,
    SIGNATURE_HMAC_SHA256,
    RequestValidator,
    SignatureOnlyEndpoint,
)

from bookbag.domain.lti.errors import LaunchRefusedError
from bookbag.domain.lti.messages import EXPIRED, LaunchMessage, split_name
from bookbag.domain.lti.models import ConsumerKey
from bookbag.domain.lti.sealing import unseal
from bookbag.domain.lti.tickets import use_once

MESSAGE_TYPE = "basic-lti-launch-request"
CLOCK_SECONDS = 300
"""How far the clocks of platform and server may be apart."""
FIELD_CHARACTERS = 255
CUSTOM_PREFIX = "custom_"


def verify_signed_launch(
    fields: Mapping[str, str], *, path: str, target_code: str
) -> LaunchMessage:
    """Return what a launch says, after checking its signature.

    Args:
        fields: The posted form.
        path: Path and query of the address that it was posted to.
        target_code: The part of the path behind ``/lti/``.

    Raises:
        LaunchRefusedError: If anything is wrong with it.
    """
    if fields.get("lti_message_type") != MESSAGE_TYPE:
        raise LaunchRefusedError(
            "message_type",
            _("This is no LTI launch of a resource."),
            _("The platform has to send the message type %(name)s.")
            % {"name": MESSAGE_TYPE},
        )
    key = ConsumerKey.objects.filter(key=fields.get("oauth_consumer_key", "")).first()
    if key is None:
        raise LaunchRefusedError(
            "unknown_key",
            _("The consumer key of this launch is not known here."),
            _(
                "Compare the key in the platform with those on the workspace's LTI "
                "page; it may have been deleted."
            ),
        )
    _check_time(fields.get("oauth_timestamp", ""))
    _check_signature(key, fields, path)
    if not fields.get("user_id"):
        raise LaunchRefusedError(
            "no_person",
            _("The platform did not say who launches."),
            _("Let the platform share the person's identifier with this tool."),
        )
    ConsumerKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
    first, last = split_name(fields.get("lis_person_name_full", ""))
    return LaunchMessage(
        source=key,
        subject=fields["user_id"][:FIELD_CHARACTERS],
        email=fields.get("lis_person_contact_email_primary", ""),
        first_name=fields.get("lis_person_name_given", "") or first,
        last_name=fields.get("lis_person_name_family", "") or last,
        roles=tuple(fields.get("roles", "").split(",")),
        custom={
            name.removeprefix(CUSTOM_PREFIX): value
            for name, value in fields.items()
            if name.startswith(CUSTOM_PREFIX)
        },
        target_code=target_code,
    )


def _check_time(timestamp: str) -> None:
    now = int(time.time())
    is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16
    if not is_number or abs(now - int(timestamp)) > CLOCK_SECONDS:
        raise LaunchRefusedError(*EXPIRED)


def _check_signature(key: ConsumerKey, fields: Mapping[str, str], path: str) -> None:
    validator = _Validator(key)
    is_right, _request = SignatureOnlyEndpoint(validator).validate_request(
        f"{settings.BOOKBAG_BASE_URL}{path}",
        "POST",
        urlencode(list(fields.items())),
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    if not is_right:
        raise LaunchRefusedError(
            "signature",
            _("The signature of this launch is wrong."),
            _(
                "Compare the secret in the platform with the one that was shown when "
                "the key was made, and the launch URL with the integration URL; behind "
                "a proxy, BOOKBAG_BASE_URL has to be the address that browsers see."
            ),
        )
    if not use_once(_name_nonce(key, fields)):
        raise LaunchRefusedError(
            "replayed",
            _("This launch was used already."),
            _("Launch again from the platform; a launch works once."),
        )


def _name_nonce(key: ConsumerKey, fields: Mapping[str, str]) -> str:
    said = (key.key, fields["oauth_timestamp"], fields["oauth_nonce"])
    return f"oauth-{hashlib.sha256(json.dumps(said).encode()).hexdigest()}"


class _Validator(RequestValidator):
    """What oauthlib asks about the one key of a launch."""

    def __init__(self, key: ConsumerKey) -> None:
        super().__init__()
        self._key = key

    @property
    def enforce_ssl(self) -> bool:
        return bool(settings.BOOKBAG_BASE_URL.startswith("https:"))

    @property
    def allowed_signature_methods(self) -> tuple[str, ...]:
        return (SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256)

    @property
    def timestamp_lifetime(self) -> int:
        return CLOCK_SECONDS

    @property
    def dummy_client(self) -> str:
        return "none"

    def check_client_key(self, client_key: str) -> bool:
        return bool(client_key == self._key.key)

    def check_nonce(self, nonce: str) -> bool:
        return 0 < len(nonce) <= FIELD_CHARACTERS

    def validate_client_key(self, client_key: str, request: object) -> bool:
        del request
        return bool(client_key == self._key.key)

    def get_client_secret(self, client_key: str, request: object) -> str:
        del client_key, request
        return unseal(self._key.sealed_secret)

    def validate_timestamp_and_nonce(
        self, *_arguments: object, **_more: object
    ) -> bool:
        """Leave the nonce for later: only a genuine launch uses one up."""
        return True
