"""Settings of the Codio-compatible API: its hosts, and how long its answers last."""

from bookbag.config.environment.checks import host_name, whole_number
from bookbag.config.environment.model import Setting

CODIO: tuple[Setting, ...] = (
    Setting(
        name="BOOKBAG_CODIO_OAUTH_HOST",
        default="",
        description="The host name at which the Codio-compatible API gives tokens, "
        "like oauth.example.edu; without one it is under /codio/ only.",
        check=host_name,
    ),
    Setting(
        name="BOOKBAG_CODIO_API_HOST",
        default="",
        description="The host name of the Codio-compatible API itself, like "
        "octopus.example.edu, with its port where it has one.",
        check=host_name,
    ),
    Setting(
        name="BOOKBAG_CODIO_WAIT_SECONDS",
        default="60",
        description="Seconds that a call of the Codio-compatible API waits for a table "
        "whose address it answers at once.",
        check=whole_number(1, 600),
    ),
    Setting(
        name="BOOKBAG_PASS_SECONDS",
        default="900",
        description="Seconds in which the download of an address that needs no token "
        "has to begin.",
        check=whole_number(10, 86_400),
    ),
)
