"""Forms of pages that have many fields."""

from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from bookbag.domain.courses.models import Stack
from bookbag.domain.lti.models import Platform

URL_CHARACTERS = 500
URL_FIELDS = ("key_set_url", "login_url", "token_url")


def _make_url_field(label: StrPromise, *, is_needed: bool = True) -> forms.URLField:
    return forms.URLField(
        label=label,
        required=is_needed,
        max_length=URL_CHARACTERS,
        assume_scheme="https",
    )


class StackForm(forms.ModelForm[Stack]):
    """A stack of the workspace's catalogue."""

    class Meta:
        """The fields in the order of the page."""

        model = Stack
        fields = ["name", "version", "languages", "image_reference", "notes"]
        labels = {
            "name": _("Name"),
            "version": _("Version"),
            "languages": _("Languages"),
            "image_reference": _("Image reference"),
            "notes": _("Notes"),
        }

    def clean(self) -> dict[str, object]:
        """Refuse a second stack of the same name and version."""
        values: dict[str, object] = super().clean() or {}
        same = Stack.objects.filter(
            workspace=self.instance.workspace,
            name=values.get("name"),
            version=values.get("version") or "",
        )
        if same.exclude(pk=self.instance.pk).exists():
            message = _("Found this name and version already, expected new ones.")
            self.add_error("version", ValidationError(message))
        return values


class PlatformForm(forms.ModelForm[Platform]):
    """A learning platform, as it describes itself to a tool."""

    key_set_url = _make_url_field(_("Public key set URL"))
    login_url = _make_url_field(_("Authentication request URL"))
    token_url = _make_url_field(
        _("Access token URL (for the roster; may be empty)"), is_needed=False
    )

    class Meta:
        """The fields in the order in which platforms show them."""

        model = Platform
        fields = ["name", "issuer", "client_id", "deployment_id", *URL_FIELDS]
        labels = {
            "name": _("Name"),
            "issuer": _("Issuer (platform ID)"),
            "client_id": _("Client ID"),
            "deployment_id": _("Deployment ID"),
        }

    def clean(self) -> dict[str, object]:
        """Refuse addresses without encryption, except on a server for trying."""
        values: dict[str, object] = super().clean() or {}
        for name in URL_FIELDS:
            scheme = urlsplit(str(values.get(name) or "https:")).scheme
            if scheme != "https" and settings.BOOKBAG_MODE == "production":
                message = _("Found an address without https, expected one with it.")
                self.add_error(name, ValidationError(message))
        return values
