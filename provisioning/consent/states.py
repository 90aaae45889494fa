"""What the consumer of a grant says to a change that breaks what it reads."""

from django.db.models import TextChoices


class ConsentState(TextChoices):
    OPEN = "open", "Not answered"
    ACCEPTED = "accepted", "Accepts it"
    TIME = "time", "Needs more time"
    BLOCKED = "blocked", "Cannot go along"
    OVERRULED = "overruled", "Overruled by the owner"
    MOOT = "moot", "Not asked any more"  # the change came, was withdrawn, or the grant ended


class Answer(TextChoices):
    """What a consumer may send."""

    ACCEPT = "accept", "Accept"
    TIME = "time", "Ask for time"
    BLOCK = "block", "Block"


HOLDING = frozenset({ConsentState.TIME, ConsentState.BLOCKED})
ANSWERED: dict[str, ConsentState] = {
    Answer.ACCEPT: ConsentState.ACCEPTED,
    Answer.TIME: ConsentState.TIME,
    Answer.BLOCK: ConsentState.BLOCKED,
}
SOURCES: dict[ConsentState, frozenset[ConsentState]] = {  # target: states it is entered from
    ConsentState.ACCEPTED: frozenset({ConsentState.OPEN, *HOLDING}),
    ConsentState.TIME: frozenset(
        {ConsentState.OPEN, ConsentState.ACCEPTED, ConsentState.TIME, ConsentState.BLOCKED}
    ),
    ConsentState.BLOCKED: frozenset(
        {ConsentState.OPEN, ConsentState.ACCEPTED, ConsentState.TIME, ConsentState.BLOCKED}
    ),
    ConsentState.OVERRULED: HOLDING,
}
