"""The `cabinwatch` command, and `python -m cabinwatch`."""

import os
import sys
import threading

from cabinwatch.cli import main


def run() -> None:
    """Runs one command and ends the process with its exit code.

    A thread that a driver holds is left behind, by doctor's checks and by the camera. Python would abort as it ends:
    what runs within a library cannot be unwound.
    """
    code = main()
    if any(thread.daemon for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    run()
