"""How long a call may take and how much it may answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    connect_s: float = 5.0  # the name; then the connection; then TLS
    total_s: float = 10.0
    answer_bytes: int = 1_000_000


@dataclass(frozen=True)
class Deadline:
    """A moment that no part of a call goes beyond."""

    seconds: float
    began: float = field(default_factory=time.monotonic)

    def left(self, at_most: float | None = None) -> float:
        """Seconds that are left, or `at_most` if that is less.

        Raises:
            TimeoutError: none are.
        """
        rest = self.began + self.seconds - time.monotonic()
        if rest <= 0:
            raise TimeoutError("the time of the call is over")
        return rest if at_most is None else min(rest, at_most)
