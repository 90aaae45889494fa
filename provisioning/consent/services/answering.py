"""What consumers say, and owners who go on in spite of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from accounts.actors import Actor
from core import audit, outbox
from core.clock import db_now
from core.errors import Invalid, InvalidTransition
from core.problems import Problem
from provisioning.consent import policies
from provisioning.consent.models import Consent
from provisioning.consent.selectors import MAX_HOLD
from provisioning.consent.states import ANSWERED, HOLDING, SOURCES, Answer, ConsentState

MAX_NOTE = 2000  # characters


@dataclass(frozen=True)
class AnswerData:
    """What a consumer sends."""

    answer: str  # an `Answer`
    until: dt.date | None = None  # of `time`: the move may come after this day
    note: str = ""  # why; needed unless it is accepted


@transaction.atomic
def answer_consent(data: AnswerData, *, consent: Consent, actor: Actor) -> Consent:
    """Accept a change, ask for time, or block it; an answer may be changed until the day.

    Raises:
        NotAllowed: the actor may not speak for the consumer.
        InvalidTransition: it is not asked any more, or the owner goes on.
        Invalid: with a pointer for each thing to mend.
    """
    policies.require_answer(actor, consent)
    locked = Consent.objects.select_for_update(of=("self",)).get(pk=consent.pk)
    problems = _problems(data, locked)
    if problems:
        raise Invalid("The answer cannot be taken like that.", problems)
    state = ANSWERED[data.answer]
    if locked.state not in SOURCES[state]:
        raise InvalidTransition("This is not asked any more.", state=locked.state)
    locked.state, locked.note = state, data.note.strip()
    locked.wants_until = data.until if state == ConsentState.TIME else None
    locked.answered_by_id, locked.answered_at = actor.user_id, db_now()
    locked.save(update_fields=["state", "note", "wants_until", "answered_by", "answered_at"])
    _tell(locked, actor, "consent.answered", note=locked.note, until=str(locked.wants_until or ""))
    consent.refresh_from_db()
    return consent


@transaction.atomic
def overrule_consent(*, consent: Consent, note: str, actor: Actor) -> Consent:
    """The owner goes on in spite of an answer that holds the change back; the consumer is told.

    Raises:
        NotAllowed: the actor owns neither the product nor its domain.
        Invalid: no reason, or too long a one.
        InvalidTransition: nothing is held back by it.
    """
    policies.require_overrule(actor, consent)
    why = note.strip()
    if not why or len(why) > MAX_NOTE:
        text = f"Say why in 1 to {MAX_NOTE:,} characters; they read it."
        raise Invalid("Nothing was changed.", [Problem("/note", "note-missing", text)])
    held = Consent.objects.filter(pk=consent.pk, state__in=SOURCES[ConsentState.OVERRULED])
    if not held.update(state=ConsentState.OVERRULED, overruled_by=actor.name, overruled_why=why):
        raise InvalidTransition("Nothing is held back by this answer.")
    consent.refresh_from_db()
    _tell(consent, actor, "consent.overruled", note=why)
    return consent


def _problems(data: AnswerData, consent: Consent) -> list[Problem]:
    problems = []
    if data.answer not in ANSWERED:
        text = f"Send one of {', '.join(ANSWERED)}."
        return [Problem("/answer", "unknown-choice", text)]
    if ANSWERED[data.answer] in HOLDING and not data.note.strip():
        text = "Say what stands in the way, so that the owner can help."
        problems.append(Problem("/note", "note-missing", text))
    if len(data.note) > MAX_NOTE:
        problems.append(Problem("/note", "too-long", f"At most {MAX_NOTE:,} characters."))
    if data.answer == Answer.TIME:
        problems += _until_problems(data.until, consent.on)
    return problems


def _until_problems(until: dt.date | None, on: dt.date) -> list[Problem]:
    latest = on + MAX_HOLD
    if until is not None and on <= until <= latest:
        return []
    text = f"Choose a day from {on.isoformat()} to {latest.isoformat()}."
    return [Problem("/until", "out-of-range", text)]


def _tell(consent: Consent, actor: Actor, verb: str, **detail: str) -> None:
    audit.record(
        actor=actor.name,
        verb=verb,
        kind="grant",
        object_id=consent.grant_id,
        state=consent.state,
        **detail,
    )
    outbox.emit(verb, key=consent.pk, consent_id=consent.pk, by=actor.name)
