"""The fields of what can be chosen of an export, the same wherever one is asked for."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from bookbag.exports.catalogue.options import Option, list_zones

OPTION_LABELS: Mapping[str, StrPromise] = {
    "dialect": _("Format"),
    "reading": _("Files to read"),
    "folder": _("Only this folder"),
    "assignments": _("Numbers of assignments"),
    "pseudonymise": _("Pseudonyms for"),
    "identities": _("People who are named in files"),
    "circle": _("Whom to cover and look for"),
    "encrypt_to": _("Encrypt to"),
    "since": _("From"),
    "until": _("To, that day included"),
    "people": _("People"),
    "time_zone": _("Times are written in"),
}
OPTION_HELP: Mapping[str, StrPromise] = {
    "pseudonymise": _(
        "The name of a study or purpose, or nothing. People get a pseudonym that is "
        "the same in all exports of it."
    ),
    "encrypt_to": _(
        "A recipient of age (age1…) or a public SSH key, or nothing. Without its "
        "private key nobody can read the file, this server included."
    ),
}
VALUE_LABELS: Mapping[str, StrPromise] = {
    "csv": _("CSV"),
    "csv-exact": _("Exact CSV, for programs"),
    "xlsx": _("Excel (.xlsx)"),
    "parquet": _("Parquet"),
    "jsonl": _("JSON Lines"),
    "changed": _("What changed since the last export"),
    "all": _("Every file again"),
    "ignore": _("Not looked for"),
    "report": _("List them"),
    "replace": _("List them, and put pseudonyms in their place"),
    "everybody": _("Everybody"),
    "subject": _("Only whom it is about"),
}


class OptionsForm(forms.Form):
    """A field for each option of an export."""

    def __init__(
        self,
        values: Mapping[str, str] | None,
        *,
        options: Mapping[str, Option],
        chosen: Mapping[str, str],
        initial: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(values, initial=dict(initial or {}))
        self._options = options
        for name, option in options.items():
            field = _make_option_field(name, option)
            field.initial = chosen.get(name, option.default)
            self.fields[f"option_{name}"] = field

    def option_fields(self) -> list[forms.BoundField]:
        """Return the fields of the export's options."""
        return [self[f"option_{name}"] for name in self._options]

    def options(self) -> dict[str, str]:
        """Return the options that were chosen."""
        return {
            name: self.cleaned_data[f"option_{name}"] or option.default
            for name, option in self._options.items()
        }


def label_option(name: str) -> str:
    """Return what people call an option of an export."""
    return str(OPTION_LABELS.get(name, name.replace("_", " ").capitalize()))


def label_value(value: str) -> str:
    """Return what people call one of the few values of an option."""
    return str(VALUE_LABELS.get(value, value))


def _make_option_field(name: str, option: Option) -> forms.Field:
    label = label_option(name)
    if option.choices:
        choices = [(value, label_value(value)) for value in option.choices]
        return forms.ChoiceField(label=label, choices=choices, required=False)
    if name == "time_zone":
        zones = [(zone, zone) for zone in list_zones()]
        return forms.ChoiceField(label=label, choices=zones)
    helptext = OPTION_HELP.get(name, option.expected)
    return forms.CharField(label=label, required=False, help_text=helptext)
