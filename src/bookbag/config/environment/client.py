"""Settings of the commands that ask another server; no server reads them."""

from bookbag.config.environment.checks import any_text
from bookbag.config.environment.model import Setting

CLIENT: tuple[Setting, ...] = (
    Setting(
        name="BOOKBAG_SERVER",
        default="",
        description="The address of a server that `bookbag export` and `bookbag "
        "exports` ask instead of this machine's database, like "
        "https://bookbag.example.edu.",
        check=any_text,
    ),
    Setting(
        name="BOOKBAG_TOKEN",
        default="",
        description="The token that they show to that server.",
        check=any_text,
        is_secret=True,
    ),
)
