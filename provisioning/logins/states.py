"""States of a login to something that a team works in."""

from __future__ import annotations

import datetime as dt

from django.db.models import TextChoices
from django.utils import timezone


class LoginState(TextChoices):
    ASKED = "asked", "Being made"
    READY = "ready", "Not fetched yet"
    SHOWN = "shown", "In use"
    LOST = "lost", "Never fetched"
    ENDED = "ended", "Ended"


def state_of(
    *,
    made_at: dt.datetime | None,
    reveal_until: dt.datetime | None,
    revealed_at: dt.datetime | None,
    ended_at: dt.datetime | None,
) -> LoginState:
    """What the moments of a login mean now."""
    if ended_at is not None:
        return LoginState.ENDED
    if made_at is None:
        return LoginState.ASKED
    if revealed_at is not None:
        return LoginState.SHOWN
    waits = reveal_until is not None and reveal_until > timezone.now()
    return LoginState.READY if waits else LoginState.LOST
