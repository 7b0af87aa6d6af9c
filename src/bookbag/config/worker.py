"""The worker process: huey's consumer, with periodic tasks in its own thread."""

import datetime
import logging
import signal
from types import FrameType

from huey.consumer import Consumer, Scheduler

from bookbag.config.queue import PLACES, TICK_SECONDS, huey
from bookbag.config.telemetry import start_tracing
from bookbag.jobs.working import STOPPING

logger = logging.getLogger(__name__)


class InlineScheduler(Scheduler):  # type: ignore[misc]  # huey ships no types
    """A scheduler that runs periodic tasks itself, every few seconds.

    Huey's own puts them on the queue once a minute, where they would wait behind
    long exports; a stalled job has to be taken over within seconds.
    """

    periodic_task_seconds = TICK_SECONDS

    def enqueue_periodic_tasks(self, now: datetime.datetime | None) -> None:
        """Run what is due, here and now."""
        for task in self.huey.read_periodic(now):
            try:
                self.huey.execute(task)
            except Exception:
                logger.exception("The periodic task %s failed", task.name)


class JobConsumer(Consumer):  # type: ignore[misc]  # huey ships no types
    """A consumer whose running jobs give their claims back when it is stopped."""

    scheduler_class = InlineScheduler

    def _handle_signal(self, signum: int, frame: FrameType | None) -> None:
        if signum in (signal.SIGINT, signal.SIGTERM):
            STOPPING.set()
            signum = self._graceful_sig
        super()._handle_signal(signum, frame)


def run_worker(*, workers: int) -> None:
    """Work until SIGINT or SIGTERM.

    Args:
        workers: How many long jobs to work on at a time; one thread more takes quick
            ones.
    """
    start_tracing("worker")
    PLACES.count = workers
    consumer = JobConsumer(
        huey,
        workers=workers + 1,
        worker_type="thread",
        max_delay=1.0,
        scheduler_interval=1,
    )
    consumer.run()
