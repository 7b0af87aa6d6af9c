"""A SAML identity provider that answers a request with an assertion it signed."""

import base64
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils

ENTITY_ID = "https://idp.campus.example/metadata"
SSO_URL = "https://idp.campus.example/sso"
_PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
_ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_DIGEST = "http://www.w3.org/2001/04/xmlenc#sha256"


@dataclass(frozen=True, slots=True)
class Request:
    """What Bookbag asked for."""

    request_id: str
    answer_to: str
    issuer: str


def read_request(location: str) -> Request:
    """Return the request in the address that a browser is sent to."""
    query = parse_qs(urlsplit(location).query)
    packed = base64.b64decode(query["SAMLRequest"][0])
    root = etree.fromstring(zlib.decompress(packed, -15))
    issuer = root.findtext(f"{{{_ASSERTION}}}Issuer") or ""
    return Request(root.get("ID"), root.get("AssertionConsumerServiceURL"), issuer)


@dataclass
class SamlProvider:
    """The provider, with a key and a certificate of its own."""

    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(65537, 2048)
    )

    @property
    def certificate(self) -> str:
        """The certificate as PEM."""
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp")])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(name, name, self.key.public_key(), 1)
        dated = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(
            now + timedelta(days=1)
        )
        signed = dated.sign(self.key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()

    def answer(self, request: Request, *, email: str, is_signed: bool = True) -> str:
        """Return the response for somebody, as a browser posts it."""
        assertion = _write_assertion(request, email)
        if is_signed:
            assertion = self._sign(assertion)
        now = _format(datetime.now(UTC))
        response = (
            f'<samlp:Response xmlns:samlp="{_PROTOCOL}" xmlns:saml="{_ASSERTION}" '
            f'ID="_response" Version="2.0" IssueInstant="{now}" '
            f'Destination="{request.answer_to}" InResponseTo="{request.request_id}">'
            f"<saml:Issuer>{ENTITY_ID}</saml:Issuer><samlp:Status><samlp:StatusCode "
            'Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
            f"{assertion}</samlp:Response>"
        )
        return base64.b64encode(response.encode()).decode()

    def _sign(self, assertion: str) -> str:
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        signed: bytes = OneLogin_Saml2_Utils.add_sign(
            assertion, key, self.certificate, False, _SHA256, _DIGEST
        )
        return signed.decode()


def _write_assertion(request: Request, email: str) -> str:
    now = datetime.now(UTC)
    begin, end = _format(now - timedelta(minutes=5)), _format(now + timedelta(hours=1))
    bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
    return (
        f'<saml:Assertion xmlns:saml="{_ASSERTION}" ID="_assertion" Version="2.0" '
        f'IssueInstant="{_format(now)}"><saml:Issuer>{ENTITY_ID}</saml:Issuer>'
        f"<saml:Subject><saml:NameID>{email}</saml:NameID>"
        f'<saml:SubjectConfirmation Method="{bearer}"><saml:SubjectConfirmationData '
        f'NotOnOrAfter="{end}" Recipient="{request.answer_to}" '
        f'InResponseTo="{request.request_id}"/></saml:SubjectConfirmation>'
        f'</saml:Subject><saml:Conditions NotBefore="{begin}" NotOnOrAfter="{end}">'
        f"<saml:AudienceRestriction><saml:Audience>{request.issuer}</saml:Audience>"
        "</saml:AudienceRestriction></saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{_format(now)}" SessionIndex="1">'
        "<saml:AuthnContext><saml:AuthnContextClassRef>"
        "urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>"
        "</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>"
        '<saml:Attribute Name="mail"><saml:AttributeValue>'
        f"{email}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"
        "</saml:Assertion>"
    )


def _format(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
