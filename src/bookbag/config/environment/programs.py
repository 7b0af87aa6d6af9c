"""Settings for programs: how long their tokens live, and how often they may come."""

from bookbag.config.environment.checks import whole_number
from bookbag.config.environment.model import Setting

PROGRAMS: tuple[Setting, ...] = (
    Setting(
        name="BOOKBAG_TOKEN_DAYS",
        default="366",
        description="Days that a personal access token may be good for, at most.",
        check=whole_number(1, 3660),
    ),
    Setting(
        name="BOOKBAG_SERVICE_TOKEN_SECONDS",
        default="3600",
        description="Seconds that a bearer token of a service is good for.",
        check=whole_number(60, 86_400),
    ),
    Setting(
        name="BOOKBAG_API_RATE",
        default="600",
        description="Requests a minute that one personal token, or one service with "
        "all its tokens, may send to the API.",
        check=whole_number(1, 1_000_000),
    ),
)
