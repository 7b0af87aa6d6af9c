"""A platform that launches by LTI 1.1: forms that npm's ims-lti signs."""

import json
import secrets
import subprocess
import time
from pathlib import Path

from tests import services

NODE_FOLDER = Path(".venv/node").absolute()
SIGNER = Path(__file__).with_name("sign_launch.js")
FIELDS = {
    "lti_message_type": "basic-lti-launch-request",
    "lti_version": "LTI-1p0",
    "resource_link_id": "link-1",
    "user_id": "person-1",
    "roles": "Learner,urn:lti:instrole:ims/lis/Instructor",
    "lis_person_name_full": "Ada Lovelace (née Byron)",
    "lis_person_contact_email_primary": "ada@platform.example",
    "oauth_signature_method": "HMAC-SHA1",
    "oauth_version": "1.0",
    "oauth_callback": "about:blank",
}


def sign_launch(url: str, key: str, secret: str, **changes: str) -> dict[str, str]:
    """Return the form of a launch, signed.

    Args:
        url: The integration URL.
        key: The consumer key.
        secret: Its secret.
        changes: Fields besides the usual ones, or instead of them.
    """
    if not (NODE_FOLDER / "node_modules" / "ims-lti").exists():
        services.skip_or_fail("ims-lti is not installed for Node; .ci/prepare does it")
    fields = {
        **FIELDS,
        "oauth_consumer_key": key,
        "oauth_timestamp": str(int(time.time())),
        "oauth_nonce": secrets.token_hex(16),
        **changes,
    }
    asked = {"url": url, "fields": fields, "secret": secret}
    done = subprocess.run(  # noqa: S603 - a script of ours
        ["node", str(SIGNER), str(NODE_FOLDER)],  # noqa: S607 - wherever it is
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    return {**fields, "oauth_signature": done.stdout}
