"""No command prints a secret of its settings, whatever is wrong with them."""

import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from bookbag.config.environment import SETTINGS, read_environment
from tests import services
from tests.integration.canaries.known import PLANTED_SETTINGS

WORD = "canary-5b0d9c2e71"
CLOSED = "127.0.0.1:1"
SITES: dict[str, dict[str, str]] = {
    "nothing that it needs is there": {
        "BOOKBAG_QUEUE_URL": f"redis://bookbag:{WORD}@{CLOSED}/0",
        "BOOKBAG_MAIL_URL": f"smtp://bookbag:{WORD}@{CLOSED}",
        "BOOKBAG_STORAGE_URL": f"s3://exports/a?endpoint=http://{CLOSED}",
    },
    "its database is away": {
        "DATABASE_URL": f"postgresql://bookbag:{WORD}@{CLOSED}/bookbag",
        "BOOKBAG_QUEUE_URL": f"postgresql://bookbag:{WORD}@{CLOSED}/bookbag",
    },
    "its database refuses the password": {
        "DATABASE_URL": urlsplit(services.POSTGRES_URL)
        ._replace(netloc=f"nobody:{WORD}@127.0.0.1:5432")
        .geturl(),
    },
    "its addresses cannot be read": {
        "DATABASE_URL": f"mysql://bookbag:{WORD}@{CLOSED}/bookbag",
        "BOOKBAG_QUEUE_URL": f"http://bookbag:{WORD}@{CLOSED}",
        "BOOKBAG_MAIL_URL": f"ftp://bookbag:{WORD}@{CLOSED}",
        "BOOKBAG_STORAGE_URL": f"ftp://bookbag:{WORD}@{CLOSED}",
    },
}
EVERYWHERE = {
    **dict.fromkeys(PLANTED_SETTINGS - {"DATABASE_URL"}, f"{WORD}-{'x' * 60}"),
    "BOOKBAG_LOG_LEVEL": "DEBUG",
    "BOOKBAG_QUEUE_URL": "",
    "BOOKBAG_MAIL_URL": "",
}
COMMANDS = (("check", "--json"), ("doctor",))


@pytest.mark.parametrize("site", SITES)
def test_no_command_prints_one(site: str, process_environment: dict[str, str]) -> None:
    given = {**EVERYWHERE, **SITES[site]}
    environment = process_environment | {k: v for k, v in given.items() if v}

    for command in COMMANDS:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "bookbag", *command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.stdout + done.stderr, command
        assert WORD not in done.stdout + done.stderr, command


def test_settings_that_were_read_do_not_show_theirs() -> None:
    read = read_environment(dict.fromkeys(PLANTED_SETTINGS, WORD))

    assert WORD not in repr(read) + str(read)
    assert WORD not in repr(list(read.faults))
    assert {s.name for s in SETTINGS if s.is_secret} == PLANTED_SETTINGS
