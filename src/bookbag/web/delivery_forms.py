"""Forms of delivery targets."""

from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bookbag.deliveries.encryption import check_recipient
from bookbag.deliveries.errors import RecipientError
from bookbag.deliveries.hosts import fingerprint_of, parse_address
from bookbag.deliveries.models import DeliveryTarget, TargetKind

SHARED_LABELS = {
    "name": _("Name, as people choose it"),
    "recipient": _("age recipient (may be empty)"),
    "is_for_teachers": _("Teachers may send exports of their courses here, too"),
}
SHARED_HELP = {
    "recipient": _(
        "age1… or a public SSH key. Everything is encrypted to it; without its "
        "identity, which stays with you, nobody can read the files again."
    ),
}


class TargetForm(forms.ModelForm[DeliveryTarget]):
    """What all kinds of targets share; the secret is never shown again."""

    secret = forms.CharField(required=False, strip=True)

    class Meta:
        """The fields that every kind has."""

        model = DeliveryTarget
        fields = ["name", "address", "account", "recipient", "is_for_teachers"]

    def clean_recipient(self) -> str:
        """Refuse what age would refuse later."""
        recipient = " ".join(str(self.cleaned_data["recipient"]).split())
        if recipient:
            try:
                check_recipient(recipient)
            except RecipientError as error:
                raise ValidationError(str(error)) from error
        return recipient

    def clean(self) -> dict[str, object]:
        """Refuse a name twice, and a secret that would go to another address."""
        values: dict[str, object] = super().clean() or {}
        same = DeliveryTarget.objects.filter(
            workspace=self.instance.workspace, name=values.get("name")
        )
        if same.exclude(pk=self.instance.pk).exists():
            message = _("Found this name already, expected a new one.")
            self.add_error("name", ValidationError(message))
        if not values.get("secret"):
            self._check_kept_secret()
        return values

    def _check_kept_secret(self) -> None:
        if not self.instance.pk:
            message = _("Found no secret, expected one.")
            self.add_error("secret", ValidationError(message))
        elif "address" in self.changed_data:
            # Whoever may change the address must not learn the secret by it.
            message = _("Found another address, expected its secret with it.")
            self.add_error("secret", ValidationError(message))


class StoreForm(TargetForm):
    """A bucket of S3-compatible storage."""

    class Meta(TargetForm.Meta):
        """The fields in the order of the page."""

        fields = [
            *("name", "address", "region", "bucket", "folder", "account", "secret"),
            *("recipient", "is_for_teachers"),
        ]
        labels = SHARED_LABELS | {
            "address": _("Endpoint URL"),
            "region": _("Region"),
            "bucket": _("Bucket"),
            "folder": _("Prefix (may be empty)"),
            "account": _("Access key"),
        }
        help_texts = SHARED_HELP | {
            "address": _("For instance https://s3.eu-central-1.amazonaws.com"),
            "folder": _("What stands before the name of each file: exports/bookbag"),
        }

    secret = forms.CharField(
        required=False,
        label=_("Secret key"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_address(self) -> str:
        """Refuse what is no address of a store."""
        address = str(self.cleaned_data["address"]).rstrip("/")
        parts = urlsplit(address)
        schemes = (
            ["https"] if settings.BOOKBAG_MODE == "production" else ["https", "http"]
        )
        if parts.scheme not in schemes or not parts.hostname or parts.username:
            text = _("Found %(found)r, expected an address such as https://host")
            raise ValidationError(text, params={"found": address[:80]})
        return address

    def clean_bucket(self) -> str:
        """Refuse a store without a bucket."""
        bucket = str(self.cleaned_data["bucket"])
        if not bucket:
            raise ValidationError(_("Found no bucket, expected its name."))
        return bucket


class SftpForm(TargetForm):
    """An SFTP server."""

    class Meta(TargetForm.Meta):
        """The fields in the order of the page."""

        fields = [
            *("name", "address", "folder", "account", "secret", "host_key"),
            *("recipient", "is_for_teachers"),
        ]
        labels = SHARED_LABELS | {
            "address": _("Server"),
            "folder": _("Folder (may be empty)"),
            "account": _("User"),
            "host_key": _("Host key (may be empty)"),
        }
        help_texts = SHARED_HELP | {
            "address": _("host or host:port"),
            "folder": _("It is made when it is not there."),
            "host_key": _(
                "As in a list of known hosts, without the name: ssh-ed25519 AAAA… "
                "Left empty, the key that the server shows is yours to confirm."
            ),
        }

    secret = forms.CharField(
        required=False,
        label=_("Password, or private key without a passphrase"),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )

    def clean_address(self) -> str:
        """Refuse what is no address of a server."""
        address = str(self.cleaned_data["address"])
        try:
            parse_address(address)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        return address

    def clean_host_key(self) -> str:
        """Refuse what is no host key."""
        host_key = " ".join(str(self.cleaned_data["host_key"]).split()[:2])
        if host_key:
            try:
                fingerprint_of(host_key)
            except ValueError as error:
                raise ValidationError(str(error)) from error
        return host_key


FORMS: dict[str, type[TargetForm]] = {
    TargetKind.S3.value: StoreForm,
    TargetKind.SFTP.value: SftpForm,
}
"""The form of each kind of target."""
