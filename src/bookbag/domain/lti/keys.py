"""Making the keys of LTI 1.1, whose secret is shown once."""

import secrets

from bookbag.domain.lti.models import ConsumerKey
from bookbag.domain.lti.sealing import seal
from bookbag.domain.people.models import Workspace

SECRET_BYTES = 32


def make_consumer_key(workspace: Workspace, name: str) -> tuple[ConsumerKey, str]:
    """Return a new key and its secret, which nobody can read afterwards."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    key = ConsumerKey.objects.create(
        workspace=workspace,
        name=name,
        key=f"bookbag-{secrets.token_hex(8)}",
        sealed_secret=seal(secret),
    )
    return key, secret
