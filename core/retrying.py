"""How long to wait before trying again."""

import datetime as dt
import random

LONGEST_S = 300.0


def backoff(attempt: int, *, base_s: float = 0.5) -> dt.timedelta:
    """`min(300 s, base_s * 2^attempt)` with full-range jitter of 50 to 100 %.

    Source: RELIABILITY §2. `attempt` counts from 1.
    """
    longest = min(LONGEST_S, base_s * 2 ** min(attempt, 20))
    return dt.timedelta(seconds=longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret
