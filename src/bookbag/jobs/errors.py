"""What can end a job, whatever it works on.

JobsError
├── LeaseLostError
├── JobCancelledError
├── PermanentJobError
│   └── AttemptsUsedUpError
└── RetryableJobError
    └── WorkerStoppingError
"""


class JobsError(Exception):
    """The job could not be done."""

    code = "jobs_error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])


class LeaseLostError(JobsError):
    """Another worker has taken the job over; this one must write nothing more."""

    code = "lease_lost"


class JobCancelledError(JobsError):
    """Somebody cancelled the job while it ran."""

    code = "job_cancelled"


class PermanentJobError(JobsError):
    """The job failed, and trying again would fail the same way."""

    code = "job_failed"


class AttemptsUsedUpError(PermanentJobError):
    """The job was interrupted too often, so it was given up."""

    code = "attempts_used_up"


class RetryableJobError(JobsError):
    """The job failed, and trying again may succeed."""

    code = "job_interrupted"


class WorkerStoppingError(RetryableJobError):
    """The worker is being stopped; another one goes on with the job."""

    code = "worker_stopping"
