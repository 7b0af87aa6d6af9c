"""Django's settings for tests: the project's own, in a folder of this run only.

pytest-django reads settings before any conftest, so the environment is made here.
What the developer's shell sets counts for nothing, but for ``DATABASE_URL``, with
which ``make test-postgres`` chooses the database, and what ``tests/services.py`` reads.
"""

import atexit
import os
import shutil
import tempfile
from importlib import import_module
from pathlib import Path

KEPT_NAMES = (
    "BOOKBAG_BENCH_BIG_BYTES",
    "BOOKBAG_BENCH_MINUTES",
    "BOOKBAG_BENCH_ROUNDS",
    "BOOKBAG_BENCH_SESSIONS",
    "BOOKBAG_BENCH_STUDENTS",
    "BOOKBAG_FAULT_ROUNDS",
    "BOOKBAG_FAULT_TABLE",
    "BOOKBAG_REQUIRE_SERVICES",
    "BOOKBAG_TEST_ROUND_TRIPS",
    "BOOKBAG_TEST_API_EXAMPLES",
    "BOOKBAG_TEST_FUZZ_EXAMPLES",
    "BOOKBAG_TEST_POSTGRES_URL",
    "BOOKBAG_TEST_REDIS_URL",
    "BOOKBAG_TEST_SCREENSHOTS",
)


def make_run_folder() -> Path:
    """Make the var folder of this process of the run; it goes when the run ends."""
    folder = Path(tempfile.mkdtemp(prefix="bookbag-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


for _name in [name for name in os.environ if name.startswith("BOOKBAG_")]:
    if _name not in KEPT_NAMES:
        del os.environ[_name]
os.environ["BOOKBAG_VAR"] = str(make_run_folder())
# Processes that tests start are the real thing and know nothing of this module.
os.environ["DJANGO_SETTINGS_MODULE"] = "bookbag.config.settings"

_project = import_module("bookbag.config.settings")
globals().update({n: getattr(_project, n) for n in dir(_project) if n.isupper()})

# The slow hash that protects real passwords costs half a second for each test user.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DATABASES = _project.DATABASES
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, because SQLite in memory locks differently: what threads and processes
    # do to each other in production would not happen in the tests.
    DATABASES["default"]["TEST"] = {"NAME": _project.VAR / "test.sqlite3"}
else:
    # No test that uses it lets the server crash, and so need what this may lose.
    os.environ["PGOPTIONS"] = "-c synchronous_commit=off"
    # A test waits in its transaction for the programs that it starts.
    DATABASES["default"]["OPTIONS"].pop("options", None)
