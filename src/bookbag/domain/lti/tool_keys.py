"""Bookbag's own key pair: made once, its public half published as a key set.

Source: LTI 1.3 security framework, sections 5.1.1 and 6.2.
"""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import transaction
from pylti1p3.registration import Registration

from bookbag.domain.lti.models import ToolKey
from bookbag.domain.lti.sealing import seal

KEY_BITS = 2048


def get_tool_key() -> ToolKey:
    """Return the newest key pair, made when there is none."""
    found = ToolKey.objects.order_by("-pk").first()
    return found or _make_tool_key()


def describe_key_set() -> dict[str, object]:
    """Return the public keys as platforms read them (RFC 7517)."""
    get_tool_key()
    keys = ToolKey.objects.order_by("-pk")
    return {"keys": [Registration.get_jwk(key.public_key) for key in keys]}


def _make_tool_key() -> ToolKey:
    private = rsa.generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
    private_pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public_pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with transaction.atomic():
        return ToolKey.objects.create(
            key_id=Registration.get_jwk(public_pem.decode())["kid"],
            sealed_private_key=seal(private_pem.decode()),
            public_key=public_pem.decode(),
        )
