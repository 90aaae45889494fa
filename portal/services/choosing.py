"""What people hear of by mail, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.models import User
from core import audit
from core.clock import db_now
from core.errors import Invalid, NotAllowed
from core.problems import Problem
from portal.models import MailChoice, Notification
from portal.states import USUAL, MailGroup, Pace, group_of, mail_at

Choices = Mapping[str, str]  # group: pace


def choices_of(user_id: int) -> Choices:
    """What one person has chosen, with the usual where they have not."""
    chosen = MailChoice.objects.filter(user=user_id).values_list("group", "pace")
    return {**USUAL, **dict(chosen)}


@transaction.atomic
def choose_mail(*, actor: Actor, choices: Choices) -> Choices:
    """Change what the actor gets by mail; what is left out stays. Returns all choices.

    What waits for a mail waits as long as the new choice says.

    Raises:
        NotAllowed: a team's token has no mail of its own.
        Invalid: there is no such group or pace.
    """
    if actor.user_id is None or actor.is_service:
        raise NotAllowed("Only people get mail; log in as one.")
    problems = [
        Problem(f"/{group}", "unknown-group", f"Choose among {', '.join(MailGroup.values)}.")
        for group in choices
        if group not in MailGroup.values
    ]
    problems += [
        Problem(f"/{group}", "unknown-pace", f"Choose one of {', '.join(Pace.values)}.")
        for group, pace in choices.items()
        if pace not in Pace.values
    ]
    if problems:
        raise Invalid("This cannot be chosen.", problems)
    for group, pace in choices.items():
        MailChoice.objects.update_or_create(
            user_id=actor.user_id, group=group, defaults={"pace": pace}
        )
        _put_off(actor.user_id, group, pace)
    audit.record(
        actor=actor.name,
        verb="mail.chosen",
        kind="user",
        object_id=actor.name,
        choices=dict(choices),
    )
    return choices_of(actor.user_id)


def mail_times(people: QuerySet[User], kind: str) -> dict[int, dt.datetime | None]:
    """`{user: when a mail tells it}` for each of these people; None where none does."""
    group = group_of(kind)
    rows = people.values_list("pk", "email")
    if not settings.MAIL_ON:
        return {pk: None for pk, _ in rows}
    chosen = dict(
        MailChoice.objects.filter(user__in=people, group=group).values_list("user", "pace")
    )
    now = db_now()
    return {
        pk: mail_at(chosen.get(pk, USUAL[group]), now) if address else None for pk, address in rows
    }


def _put_off(user_id: int, group: str, pace: str) -> None:
    waiting = Notification.objects.filter(user=user_id, mail_at__isnull=False)
    ids = [each.pk for each in waiting.only("kind") if group_of(each.kind) == group]
    Notification.objects.filter(pk__in=ids).update(mail_at=mail_at(pace, db_now()))
