"""`python -m portal.ops.watched COMMAND...`: end COMMAND when our parent dies.

For systems without a parent-death signal. SIGTERM is handed on.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import FrameType

from portal.ops.processes import stop

POLL_S = 0.5
STEPS = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 3.0))


def main(argv: list[str]) -> int:
    """Run the command to its end and return its exit code."""
    parent = os.getppid()
    child = subprocess.Popen(argv)

    def hand_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    signal.signal(signal.SIGTERM, hand_on)
    while child.poll() is None and os.getppid() == parent:
        time.sleep(POLL_S)
    orphaned = child.poll() is None
    stop(child, STEPS)
    if orphaned:
        os.killpg(0, signal.SIGKILL)  # what the child left in our session, and ourselves
    return child.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
