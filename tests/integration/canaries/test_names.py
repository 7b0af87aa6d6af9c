"""A new column or setting that sounds like a secret has to be planted, or explained."""

from django.apps import apps
from django.conf import settings as django_settings

from bookbag.config.environment import SETTINGS
from tests.integration.canaries.known import (
    HARMLESS,
    HARMLESS_SETTINGS,
    PLANTED,
    PLANTED_SETTINGS,
    SOUNDS_SECRET,
)
from tests.integration.canaries.planting import Garden, count_planted

LIBRARIES = {
    *("AUTHENTICATION_BACKENDS", "AUTH_PASSWORD_VALIDATORS", "PASSWORD_HASHERS"),
    *("AXES_PASSWORD_FORM_FIELD", "CACHE_MIDDLEWARE_KEY_PREFIX", "EMAIL_SSL_KEYFILE"),
    *("MFA_PASSKEY_LOGIN_ENABLED", "MFA_TOTP_ISSUER", "PASSWORD_RESET_TIMEOUT"),
    *("SECRET_KEY_FALLBACKS", "SOCIALACCOUNT_STORE_TOKENS"),
}
"""Settings of libraries that sound so and say how, not what."""
FROM_ENVIRONMENT = {"SECRET_KEY", "EMAIL_HOST_PASSWORD"}
"""Settings of Django that ours fill."""


def list_columns() -> set[str]:
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if SOUNDS_SECRET.search(field.name) and not field.is_relation
    }


def test_every_column_that_sounds_like_a_secret_is_known() -> None:
    unknown = list_columns() - PLANTED - set(HARMLESS)

    assert unknown == set(), "plant it, or say in known.py why it is none"
    assert PLANTED | set(HARMLESS) == list_columns()
    assert not PLANTED & set(HARMLESS)


def test_every_setting_that_sounds_like_a_secret_is_known() -> None:
    ours = {s.name for s in SETTINGS if s.is_secret or SOUNDS_SECRET.search(s.name)}
    known = PLANTED_SETTINGS | set(HARMLESS_SETTINGS)

    assert ours == known
    assert {s.name for s in SETTINGS if s.is_secret} <= PLANTED_SETTINGS


def test_every_setting_of_django_that_sounds_like_one_is_known() -> None:
    names = {name for name in dir(django_settings) if SOUNDS_SECRET.search(name)}
    ours = {s.name for s in SETTINGS}

    assert names - ours - LIBRARIES - FROM_ENVIRONMENT == set()


def test_every_planted_column_holds_a_canary(garden: Garden) -> None:
    empty = {column for column in PLANTED if not count_planted(column)}

    assert empty == set()
    assert len(garden.canaries) >= 40
    assert min(map(len, garden.canaries.values())) >= 8
