"""Secrets that only this server can read."""

import pytest
from pytest_django import Settings

from bookbag.domain.sealing import SealError, SecretBox


def test_a_sealed_secret_comes_back_and_is_not_readable() -> None:
    box = SecretBox("bookbag.tests")

    sealed = box.seal("open sesame")

    assert "sesame" not in sealed
    assert box.unseal(sealed) == "open sesame"


def test_what_one_purpose_sealed_stays_shut_for_another() -> None:
    sealed = SecretBox("bookbag.tests").seal("open sesame")

    with pytest.raises(SealError):
        SecretBox("bookbag.others").unseal(sealed)


def test_another_server_key_is_said_with_the_remedy(settings: Settings) -> None:
    sealed = SecretBox("bookbag.tests").seal("open sesame")
    settings.SECRET_KEY = "another" * 10

    with pytest.raises(SealError, match="set BOOKBAG_SECRET_KEY back"):
        SecretBox("bookbag.tests").unseal(sealed)
