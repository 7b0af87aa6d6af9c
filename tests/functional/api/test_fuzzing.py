"""The running server holds what its description says, whatever comes (schemathesis).

A few examples for each operation in CI; more by hand, by
``BOOKBAG_TEST_API_EXAMPLES``, with ``-s`` for the statistics.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.sites import ADMIN, Site

EXAMPLES = os.environ.get("BOOKBAG_TEST_API_EXAMPLES", "2")
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,"
    "negative_data_rejection,unsupported_method,ignored_auth"
)
PATIENCE_SECONDS = 1800


@pytest.mark.slow
def test_the_server_does_what_its_description_says(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    with Site(tmp_path_factory.mktemp("site"), BOOKBAG_API_RATE="1000000") as site:
        site.load_sample(students=3)
        site.serve()

        done = send_whatever_comes(site, tmp_path)

    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "Failures:" not in done.stdout
    assert re.search(r"[1-9]\d* generated", done.stdout)


def send_whatever_comes(site: Site, folder: Path) -> subprocess.CompletedProcess[str]:
    token = site.run("token", "create", ADMIN).stdout.strip()
    return subprocess.run(  # noqa: S603 - a program of the development packages
        [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            f"{site.base_url}/api/v1/openapi.json",
            f"--header=Authorization: Bearer {token}",
            f"--checks={CHECKS}",
            f"--max-examples={EXAMPLES}",
            "--phases=examples,coverage,fuzzing",
            "--generation-deterministic",
            "--request-timeout=70",
            "--exclude-path-regex=/events$",  # a stream of a minute each
            "--no-color",
        ],
        cwd=folder,
        env=site.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
