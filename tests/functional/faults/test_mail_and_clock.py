"""Mail servers misbehave and clocks jump, and everybody gets one mail."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import services
from tests.fakes.smtp import SmtpServer
from tests.functional.faults.trials import ROUNDS, Trial, report
from tests.functional.sites import stop, wait_until

pytestmark = pytest.mark.faults
EACH_ROUND = pytest.mark.parametrize("round_number", range(ROUNDS))
JUMPS = {"an hour": "+1h", "a day": "+1d", "an hour back": "-1h"}
LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


def refuse(inbox: SmtpServer, *, is_on: bool) -> None:
    inbox.refuses = is_on


def be_slow(inbox: SmtpServer, *, is_on: bool) -> None:
    inbox.delay_seconds = 3.0 if is_on else 0.0


def forget_to_answer(inbox: SmtpServer, *, is_on: bool) -> None:
    inbox.forgets_to_answer = is_on


@EACH_ROUND
@pytest.mark.parametrize("misbehave", [refuse, be_slow, forget_to_answer])
def test_the_mail_server_misbehaves(
    trial: Trial, misbehave: Callable[..., None], round_number: int
) -> None:
    trial.ask()
    misbehave(trial.inbox, is_on=True)
    worker = trial.site.start("worker")
    tried = "SELECT 1 FROM exports_mailmessage WHERE attempt > 0"
    wait_until(lambda: bool(trial.query(tried)), "a try to send the mail")
    misbehave(trial.inbox, is_on=False)

    ended = trial.settle()

    stop(worker)
    # Whether a server that hung up kept the mail, nobody can know; the copies have
    # one Message-ID, so that mail programs show one.
    copies = 2 if misbehave is forget_to_answer else 1
    trial.check(ended, mails=copies)
    report(f"mail server: {misbehave.__name__.replace('_', ' ')}", ended)


@EACH_ROUND
def test_the_mail_server_is_down(trial: Trial, round_number: int) -> None:
    trial.ask()
    address = trial.site.settings["BOOKBAG_MAIL_URL"]
    trial.site.settings["BOOKBAG_MAIL_URL"] = "smtp://127.0.0.1:9"
    worker = trial.site.start("worker")
    refused = "SELECT 1 FROM exports_mailmessage WHERE failure <> ''"
    wait_until(lambda: bool(trial.query(refused)), "a failed try")
    stop(worker)
    trial.site.settings["BOOKBAG_MAIL_URL"] = address
    worker = trial.site.start("worker")

    ended = trial.settle()

    stop(worker)
    trial.check(ended)
    report("mail server down", ended)


@EACH_ROUND
@pytest.mark.parametrize("jump", JUMPS)
def test_the_clock_jumps(
    trial: Trial, tmp_path: Path, jump: str, round_number: int
) -> None:
    if not LIBRARIES:
        services.skip_or_fail("The library of faketime is not installed")
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    trial.site.settings |= {
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    names = ("LD_PRELOAD", *(n for n in trial.site.settings if "FAKETIME" in n))
    workers = [trial.site.start("worker") for _ in range(2)]
    for name in names:
        del trial.site.settings[name]
    trial.ask()
    trial.wait_for("running", "ready")
    clock.write_text(f"{JUMPS[jump]}\n")

    ended = trial.settle()

    for worker in workers:
        stop(worker)
    assert ended.state == "ready"
    trial.check(ended)
    report(f"clock jumps {jump}", ended)
