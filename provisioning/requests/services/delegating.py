"""Who decides while somebody is away."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.actors import Actor
from accounts.models import User
from core import audit
from core.clock import db_now, end_of_day, start_of_day
from core.errors import Conflict, Invalid, NotAllowed
from core.problems import Problem
from provisioning.requests.models import Delegation

LONGEST = dt.timedelta(days=92)
MAX_NOTE = 200  # characters


@transaction.atomic
def delegate(
    *, actor: Actor, to: str, since: dt.date | None, until: dt.date | None, note: str
) -> Delegation:
    """Let somebody else decide in the actor's place for a while.

    Args:
        to: a user name.
        since: the first day, UTC; None: from now.
        until: the last day, at most `LONGEST` after the first; None is a problem of its own.

    Raises:
        Invalid: with a pointer for each thing to mend.
        Conflict: somebody decides in the actor's place in that time already.
        NotAllowed: a team's token, or a visitor.
    """
    if actor.is_visitor or actor.is_service or not actor.user_id:
        raise NotAllowed("A person lets another decide in their place; a token cannot.")
    now = db_now()
    start = max(start_of_day(since), now) if since else now
    ends_at = end_of_day(until) if until else None
    people = User.objects.filter(is_active=True, service_of__isnull=True)
    deputy = people.filter(username=to).first()
    problems = [*_deputy_problems(deputy, actor), *_time_problems(start, ends_at, note)]
    if problems or deputy is None or ends_at is None:
        raise Invalid("Nobody was named.", problems)
    User.objects.select_for_update(no_key=True).get(pk=actor.user_id)
    own = Delegation.objects.filter(from_user_id=actor.user_id)
    if own.filter(starts_at__lt=ends_at, ends_at__gt=start).exists():
        raise Conflict("Somebody decides in your place in that time already; end that first.")
    made = Delegation.objects.create(
        from_user_id=actor.user_id,
        to_user=deputy,
        starts_at=start,
        ends_at=ends_at,
        note=note.strip(),
    )
    _record("delegation.made", made, actor)
    return made


@transaction.atomic
def end_delegation(*, delegation: Delegation, actor: Actor) -> None:
    """Decide again oneself; the deputy may give it back, too.

    Raises:
        NotAllowed: neither of the two, nor an administrator.
    """
    if not actor.is_admin and actor.user_id not in {delegation.from_user_id, delegation.to_user_id}:
        raise NotAllowed("Only the two of them may end this.")
    _record("delegation.ended", delegation, actor)
    now = db_now()
    if delegation.starts_at >= now:
        delegation.delete()
        return
    Delegation.objects.filter(pk=delegation.pk, ends_at__gt=now).update(ends_at=now)


def _deputy_problems(deputy: User | None, actor: Actor) -> list[Problem]:
    if deputy is None:
        return [Problem("/to", "unknown-user", "There is nobody of that name.")]
    if deputy.pk == actor.user_id:
        return [Problem("/to", "yourself", "Name somebody else.")]
    return []


def _time_problems(start: dt.datetime, ends_at: dt.datetime | None, note: str) -> list[Problem]:
    problems = []
    if ends_at is None:
        problems.append(Problem("/until", "not-a-date", "Choose a day, like 2027-02-28."))
    elif ends_at <= start:
        problems.append(Problem("/until", "in-the-past", "Choose a day after the first."))
    elif ends_at - start > LONGEST:
        text = f"At most {LONGEST.days} days; hand the team over where it is longer."
        problems.append(Problem("/until", "too-late", text))
    if len(note.strip()) > MAX_NOTE:
        problems.append(Problem("/note", "too-long", f"At most {MAX_NOTE} characters."))
    return problems


def _record(verb: str, delegation: Delegation, actor: Actor) -> None:
    audit.record(
        actor=actor.name,
        verb=verb,
        kind="user",
        object_id=delegation.from_user.username,
        to=delegation.to_user.username,
        until=delegation.ends_at.isoformat(),
    )
