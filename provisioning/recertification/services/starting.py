"""Having access looked at again."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.actors import Actor
from accounts.models import User
from core import audit, outbox
from core.clock import db_now, end_of_day
from core.errors import Invalid
from core.problems import Problem
from provisioning.access.models import Grant, GrantQuerySet
from provisioning.access.states import GrantState
from provisioning.recertification import policies
from provisioning.recertification.models import Campaign, Review
from provisioning.recertification.states import Silence
from provisioning.requests.selectors.back_testing import Scope

MAX_NAME, MAX_REASON = 120, 2000  # characters
MAX_DAYS = 366
AT_ONCE = 1000  # rows an insert


@transaction.atomic
def start_campaign(
    *,
    actor: Actor,
    name: str,
    reason: str,
    scope: Scope,
    until: dt.date | None,
    silence: str,
) -> Campaign:
    """Ask the owners about every grant that is in force in a part of the company now.

    Args:
        until: the last day to decide, UTC.
        silence: a `Silence`: what becomes of a grant on which nobody decides.

    Raises:
        NotAllowed: the actor does not govern that part.
        Invalid: with a pointer for each thing to mend.
    """
    policies.require_start(actor, scope)
    grants = _inside(scope)
    problems = [
        *_text_problems(name, reason),
        *_until_problems(until),
        *_silence_problems(silence),
        *_scope_problems(grants),
    ]
    if problems or until is None:
        raise Invalid("The campaign cannot be started like that.", problems)
    campaign = Campaign.objects.create(
        name=name.strip(),
        reason=reason.strip(),
        port=scope.port,
        domain=scope.domain,
        classification=scope.classification,
        silence=silence,
        created_by=User.objects.get(pk=actor.user_id or 0),
        due_at=end_of_day(until),
    )
    asked = _ask(campaign, grants)
    audit.record(
        actor=actor.name,
        verb="campaign.started",
        kind="campaign",
        object_id=campaign.pk,
        name=campaign.name,
        grants=asked,
        until=until.isoformat(),
        silence=silence,
    )
    outbox.emit("campaign.started", key=campaign.pk, campaign_id=str(campaign.pk), by=actor.name)
    return campaign


def _inside(scope: Scope) -> GrantQuerySet:
    grants = Grant.objects.filter(state=GrantState.ACTIVE)
    if scope.port is not None:
        return grants.filter(port=scope.port)
    if scope.domain is not None:
        path = scope.domain.path
        return grants.filter(port__product__domain__path=path) | grants.filter(
            port__product__domain__path__startswith=f"{path}."
        )
    if scope.classification:
        return grants.filter(port__product__classification=scope.classification)
    return grants


def _ask(campaign: Campaign, grants: GrantQuerySet) -> int:
    ids = grants.order_by("pk").values_list("pk", flat=True)
    rows = [Review(campaign=campaign, grant_id=pk) for pk in ids]
    return len(Review.objects.bulk_create(rows, batch_size=AT_ONCE))


def _text_problems(name: str, reason: str) -> list[Problem]:
    problems = []
    if not name.strip():
        problems.append(Problem("/name", "missing", "Name it; those who decide read the name."))
    elif len(name.strip()) > MAX_NAME:
        problems.append(Problem("/name", "too-long", f"At most {MAX_NAME} characters."))
    if len(reason.strip()) > MAX_REASON:
        problems.append(Problem("/reason", "too-long", f"At most {MAX_REASON:,} characters."))
    return problems


def _until_problems(until: dt.date | None) -> list[Problem]:
    if until is None:
        return [Problem("/until", "not-a-date", "Choose a day, like 2027-02-28.")]
    today = db_now().astimezone(dt.UTC).date()
    if until <= today:
        return [Problem("/until", "in-the-past", "Choose a later day: people need time to decide.")]
    if until > today + dt.timedelta(days=MAX_DAYS):
        return [Problem("/until", "too-late", f"At most {MAX_DAYS} days from now.")]
    return []


def _silence_problems(silence: str) -> list[Problem]:
    if silence in Silence.values:
        return []
    text = "Say what silence means: keep or revoke."
    return [Problem("/silence", "unknown-choice", text)]


def _scope_problems(grants: GrantQuerySet) -> list[Problem]:
    if grants.exists():
        return []
    text = "Nobody reads anything there through the portal, so there is nothing to look at."
    return [Problem("/scope", "nothing-there", text)]
