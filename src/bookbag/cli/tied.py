"""Runs a program that ends when the process that started it is gone.

``python -m bookbag.cli.tied MODULE ARGUMENT…`` is ``python -m MODULE ARGUMENT…`` with
one thread more, which waits for the end of standard input. The starter holds the other
end of that pipe and writes nothing; the system closes it however the starter ended, so
that neither a signal nor a crash leaves the program running (ADR 0095).
"""

import os
import runpy
import signal
import sys
import threading
import time

STOP_SECONDS = 20
"""How long the program may take to stop before it is killed."""


def main() -> None:
    """Run the module that the first argument names."""
    del sys.argv[0]
    # A copy that programs do not inherit; they get an empty standard input.
    pipe = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    watcher = threading.Thread(
        target=_stop_after, args=(pipe,), name="tied", daemon=True
    )
    watcher.start()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _stop_after(pipe: int) -> None:
    while os.read(pipe, 1):
        pass  # nobody writes; whatever comes is no end
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
