"""The Django app of pseudonyms."""

from django.apps import AppConfig


class PseudonymsConfig(AppConfig):
    """The keys that pseudonyms are made with."""

    name = "bookbag.exports.pseudonyms"
    label = "pseudonyms"
    verbose_name = "Pseudonyms"
