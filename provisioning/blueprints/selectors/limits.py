"""How many of a kind, and for how long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Domain, Team
from core.clock import db_now
from core.problems import Problem
from provisioning.blueprints.formats.document import BlueprintDoc
from provisioning.jobs.models import Instance


def quota_problems(
    blueprint: BlueprintDoc,
    team: Team,
    domain: Domain,
    instance_id: UUID,
    problems: list[Problem],
) -> None:
    """Tell when the team or the domain has as many of these as it may have."""
    if not blueprint.quota:
        return
    made = Instance.objects.alive().filter(plan__startswith=f"{blueprint.name}@")
    others = made.exclude(pk=instance_id)
    held = {
        "team": (team, others.filter(owner=team)),
        "domain": (domain, others.filter(domain=domain)),
    }
    for scope, most in blueprint.quota.items():
        owner, rows = held[scope]
        count = rows.count()
        if count >= most:
            message = f"{owner} has {count} of these, and {most} is the most; retire one first."
            problems.append(Problem("", "quota-reached", message))


def hold_quota(blueprint: BlueprintDoc) -> None:
    """Let no two requests for a service with a quota start at once, until the transaction ends."""
    if blueprint.quota:
        with connection.cursor() as cursor:
            key = f"quota:{blueprint.name}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def expiry(
    blueprint: BlueprintDoc, given: Mapping[str, Any], problems: list[Problem]
) -> dt.date | None:
    """The day on which it ends; told when that is past or too far away."""
    rule = blueprint.expires
    if rule is None or rule.parameter not in given:
        return None
    until = dt.date.fromisoformat(given[rule.parameter])
    days = (until - db_now().date()).days
    if not 0 < days <= rule.max_days:
        message = f"Choose a day from tomorrow on, at most {rule.max_days} days ahead."
        problems.append(Problem(f"/{rule.parameter}", "out-of-range", message))
    return until
