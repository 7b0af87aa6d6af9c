"""Recipients of age, as deliveries name them (ADR 0105)."""

from bookbag.deliveries.errors import RecipientError
from bookbag.formats import age_files
from bookbag.formats.age_files import SUFFIX, encrypt_stream

__all__ = ["SUFFIX", "check_recipient", "encrypt_stream"]


def check_recipient(text: str) -> None:
    """Check that a text names a recipient: ``age1…``, or a public SSH key.

    Raises:
        RecipientError: If it does not.
    """
    try:
        age_files.check_recipient(text)
    except age_files.NoRecipientError as error:
        raise RecipientError(str(error)) from error
