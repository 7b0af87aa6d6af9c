"""LTI 1.3: logins by OpenID Connect and launches by signed tokens.

Source: LTI 1.3 core; 1EdTech security framework 1.0, section 5. The messages are read
and checked by pylti1p3; what it leaves open (that a token is for us, that it ends, and
which algorithm signs) is checked here.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from pylti1p3.contrib.django.message_launch import DjangoMessageLaunch
from pylti1p3.contrib.django.oidc_login import DjangoOIDCLogin
from pylti1p3.exception import LtiException, OIDCException

from bookbag.domain.lti.errors import LaunchRefusedError
from bookbag.domain.lti.messages import EXPIRED, LaunchMessage, split_name
from bookbag.domain.lti.models import Platform
from bookbag.domain.lti.registrations import (
    OTHER_AUDIENCE,
    DatabaseTickets,
    PlatformRegistry,
    fetch_key_set,
)

ALGORITHM = "RS256"
CLOCK_SECONDS = 60
LAUNCH_PATH = "/lti/launch/"
LTI_PATH = "/lti/"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
MEMBERSHIPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
RESOURCE_LINK = "LtiResourceLinkRequest"
_UNREADABLE = (LtiException, AttributeError, LookupError, TypeError, ValueError)
"""What a step of pylti1p3 raises, also for a token that is no object."""


def begin_login(request: HttpRequest) -> HttpResponse:
    """Send the browser to the platform that wants to launch.

    Raises:
        LaunchRefusedError: If the platform is unknown, or says too little.
    """
    login = DjangoOIDCLogin(
        request, PlatformRegistry(), launch_data_storage=DatabaseTickets()
    )
    try:
        answer: HttpResponse = login.redirect(
            f"{settings.BOOKBAG_BASE_URL}{LAUNCH_PATH}"
        )
    except (OIDCException, LtiException) as error:
        raise LaunchRefusedError(
            "login_request",
            _("The platform's login request is incomplete: %(error)s.")
            % {"error": error},
            _(
                "The platform has to send issuer, login hint and target link to the "
                "login URL that the workspace's LTI page shows."
            ),
        ) from error
    return answer


def verify_token_launch(request: HttpRequest) -> LaunchMessage:
    """Return what a launch says, after checking everything about its token.

    Raises:
        LaunchRefusedError: If anything is wrong with it.
    """
    launch = _Launch(  # type: ignore[no-untyped-call]  # pylti1p3 has no types here
        request, PlatformRegistry(), launch_data_storage=DatabaseTickets()
    )
    body = launch.verify()
    platform = Platform.objects.select_related("workspace").get(
        issuer=body["iss"],
        client_id=launch.get_client_id(),
        deployment_id=body[f"{CLAIM}deployment_id"],
    )
    first, last = split_name(str(body.get("name") or ""))
    custom = _read_object(body, f"{CLAIM}custom")
    roles = body.get(f"{CLAIM}roles")
    return LaunchMessage(
        source=platform,
        subject=str(body["sub"])[:255],
        email=str(body.get("email") or ""),
        first_name=str(body.get("given_name") or "") or first,
        last_name=str(body.get("family_name") or "") or last,
        roles=tuple(map(str, roles)) if isinstance(roles, list) else (),
        custom={str(name): str(value) for name, value in custom.items()},
        target_code=_find_target_code(str(body.get(f"{CLAIM}target_link_uri") or "")),
        memberships_url=str(
            _read_object(body, MEMBERSHIPS).get("context_memberships_url") or ""
        ),
    )


class _Launch(DjangoMessageLaunch):
    """A launch, checked step by step, so that a refusal says which step it was."""

    def verify(self) -> dict[str, Any]:
        """Return the token's body.

        Raises:
            LaunchRefusedError: If a step fails.
        """
        self.set_auto_validation(False)
        for step, refusal in (
            (self.validate_state, _STATE),
            (self.validate_jwt_format, _FORMAT),
            (self.validate_nonce, _NONCE),
            (self.validate_registration, OTHER_AUDIENCE),
            (self.validate_jwt_signature, _SIGNATURE),
            (self.validate_deployment, _DEPLOYMENT),
            (self.validate_message, _MESSAGE),
        ):
            try:
                step()
            except _UNREADABLE as error:
                raise LaunchRefusedError(*refusal) from error
        return dict(self._get_jwt_body())

    def validate_jwt_signature(self) -> "_Launch":
        """Check signature, times, issuer and audience of the token."""
        header = self._jwt["header"]
        registration = self._registration
        if (
            registration is None
            or header.get("alg") != ALGORITHM
            or not header.get("kid")
        ):
            raise LaunchRefusedError(*_SIGNATURE)
        url = str(registration.get_key_set_url())
        registration.set_key_set(fetch_key_set(url, header["kid"]))
        public_key, _algorithm = self.get_public_key()
        body = self._get_jwt_body()
        audience = body.get("aud")
        try:
            jwt.decode(
                self._get_id_token(),
                public_key,
                algorithms=[ALGORITHM],
                audience=registration.get_client_id(),
                issuer=registration.get_issuer(),
                leeway=CLOCK_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
            )
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
            raise LaunchRefusedError(*EXPIRED) from error
        except (jwt.InvalidAudienceError, jwt.InvalidIssuerError) as error:
            raise LaunchRefusedError(*OTHER_AUDIENCE) from error
        except jwt.InvalidTokenError as error:
            raise LaunchRefusedError(*_SIGNATURE) from error
        is_for_several = isinstance(audience, list) and len(audience) > 1
        if is_for_several and body.get("azp") != registration.get_client_id():
            raise LaunchRefusedError(*OTHER_AUDIENCE)
        if body.get(f"{CLAIM}message_type") != RESOURCE_LINK:
            raise LaunchRefusedError(*_MESSAGE)
        return self


def _read_object(body: Mapping[str, Any], claim: str) -> Mapping[str, Any]:
    value = body.get(claim)
    return value if isinstance(value, dict) else {}


def _find_target_code(address: str) -> str:
    path = urlsplit(address).path
    at = path.find(LTI_PATH)
    return "" if at < 0 else path[at + len(LTI_PATH) :].strip("/")


_AGAIN = _("Launch again from the platform; a launch works once, for a few minutes.")
_STATE = (
    "state",
    _("This browser did not begin this launch."),
    _(
        "Launch again from the platform, and let it open Bookbag in a new window: "
        "in a frame, browsers withhold the cookie that a launch needs."
    ),
)
_FORMAT = ("format", _("The platform's token cannot be read."), _AGAIN)
_NONCE = ("replayed", _("This launch was used already, or is too old."), _AGAIN)
_SIGNATURE = (
    "signature",
    _("The signature of this launch is wrong."),
    _("Compare the key set URL on the workspace's LTI page with the platform's."),
)
_DEPLOYMENT = (
    "deployment",
    _("This deployment of the platform is not known here."),
    _(
        "Add the platform once more on the workspace's LTI page, with this deployment "
        "id."
    ),
)
_MESSAGE = (
    "message_type",
    _("This is no LTI launch of a resource."),
    _(
        "The platform has to send a resource link launch, with the integration URL as "
        "its target."
    ),
)
