"""The file that says which organisations' sign-in counts here (ADR 0114)."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

COMMON = {"kind", "id", "name", "domains"}
NEEDED = {
    "openid": COMMON | {"issuer", "client_id", "client_secret_file"},
    "saml": COMMON | {"entity_id", "sso_url", "certificate_file", "attributes"},
}
LOOPBACK = ("127.0.0.1", "localhost", "::1")
KEY = "openid_connect"


def read_providers(path: Path) -> dict[str, dict[str, object]]:
    """Return what allauth is told of the providers in a file.

    Args:
        path: The file; files that it names lie beside it unless absolute.

    Raises:
        ImproperlyConfigured: If the file cannot be read, or says something else than
            it should; the message names the provider and the key.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"Found no list of providers, expected one as JSON: {path}: {error}"
        raise ImproperlyConfigured(message) from error
    if not isinstance(entries, list):
        message = f"Found no list, expected a list of providers: {path}"
        raise ImproperlyConfigured(message)
    apps: dict[str, list[object]] = {KEY: [], "saml": []}
    for entry in entries:
        _check_entry(entry)
        if entry["kind"] == "openid":
            apps[KEY].append(_describe_openid(entry, path.parent))
        else:
            apps["saml"].append(_describe_saml(entry, path.parent))
    openid = {"APPS": apps[KEY], "OAUTH_PKCE_ENABLED": True}
    return {KEY: openid, "saml": {"APPS": apps["saml"]}}


def _check_entry(entry: object) -> None:
    kind = entry.get("kind") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or kind not in NEEDED:
        message = f"Found a provider of kind {kind!r}, expected openid or saml"
        raise ImproperlyConfigured(message)
    named = f"provider {entry.get('id')!r}"
    missing, unknown = NEEDED[kind] - set(entry), set(entry) - NEEDED[kind]
    for keys, words in ((missing, "expected also"), (unknown, "did not expect")):
        if keys:
            message = f"Found {named}, {words} {', '.join(sorted(keys))}"
            raise ImproperlyConfigured(message)
    domains = entry["domains"]
    if not isinstance(domains, list) or not all(domains):
        message = f"Found {named} without domains, expected those that it speaks for"
        raise ImproperlyConfigured(message)
    address = urlsplit(str(entry["issuer" if kind == "openid" else "sso_url"]))
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        message = f"Found {named} at an address without https, expected https"
        raise ImproperlyConfigured(message)


def _describe_openid(entry: Mapping[str, object], folder: Path) -> dict[str, object]:
    return {
        "provider_id": entry["id"],
        "name": entry["name"],
        "client_id": entry["client_id"],
        "secret": _read(folder, entry["client_secret_file"]).strip(),
        "settings": {"server_url": entry["issuer"], "domains": entry["domains"]},
    }


def _describe_saml(entry: Mapping[str, object], folder: Path) -> dict[str, object]:
    return {
        "provider_id": entry["entity_id"],
        "name": entry["name"],
        "client_id": entry["id"],
        "settings": {
            "domains": entry["domains"],
            "attribute_mapping": entry["attributes"],
            "idp": {
                "entity_id": entry["entity_id"],
                "sso_url": entry["sso_url"],
                "x509cert": _read(folder, entry["certificate_file"]),
            },
            "advanced": {
                "strict": True,
                "want_assertion_signed": True,
                "reject_deprecated_algorithm": True,
                "reject_idp_initiated_sso": True,
            },
        },
    }


def _read(folder: Path, name: object) -> str:
    try:
        return (folder / str(name)).read_text(encoding="utf-8")
    except OSError as error:
        message = f"Found no file {name!r}, expected one that can be read: {error}"
        raise ImproperlyConfigured(message) from error
