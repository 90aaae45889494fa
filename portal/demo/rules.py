"""Who decides on access in the demo company, and who is away."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from accounts.actors import actor_of
from accounts.models import Domain, User
from catalog.governance.models import ClassificationLevel
from catalog.governance.services import put_level
from portal.demo.people import company
from provisioning.requests.models import DecisionRule, Delegation
from provisioning.requests.selectors.back_testing import Scope
from provisioning.requests.services import delegate, save_rule

RULES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (  # for, name, condition, outcome
    (
        "class:restricted",
        "Restricted data, for half a year at most",
        "true",
        {"stages": [[{"side": "owner"}, {"side": "steward"}]], "hours": 48, "max_days": 184},
    ),
    (
        "domain:sales",
        "Our own domain, up to a quarter",
        'consumer.domain.startsWith("sales") && duration <= 92',
        {"approve": True},
    ),
    (
        "domain:customer",
        "Two owners for what leaves the domain",
        '!consumer.domain.startsWith("customer") && duration > 180',
        {"stages": [[{"side": "owner", "quorum": 2}]], "escalate": "domain"},
    ),
    (
        "company",
        "A short look at what is public",
        'port.classification == "public" && duration <= 31',
        {"approve": True},
    ),
)
NEEDS_BASIS = "restricted"
AWAY = ("petra", "jonas", 12)  # who, their deputy, days


def load_rules() -> None:
    """Rules of a class, of domains and of the company; what is there stays as it is."""
    here = company()
    known = set(DecisionRule.objects.values_list("name", flat=True))
    for part, name, condition, outcome in RULES:
        if name in known:
            continue
        kind, _, where = part.partition(":")
        domain = Domain.objects.get(path=where) if kind == "domain" else None
        owner = domain.owner.slug if domain is not None and domain.owner else "governance"
        scope = Scope(domain=domain, classification=where if kind == "class" else "")
        actor = here.owner(owner)
        save_rule(actor=actor, name=name, condition=condition, outcome=outcome, scope=scope)


def load_classes() -> None:
    """Who asks for restricted data names a legal basis."""
    here = company()
    for each in ClassificationLevel.objects.filter(slug=NEEDS_BASIS, needs_legal_basis=False):
        put_level(
            actor=here.owner("governance"),
            slug=each.slug,
            name=each.name,
            meaning=each.meaning,
            rank=each.rank,
            needs_legal_basis=True,
        )


def load_absence() -> None:
    """Somebody is away, and somebody else decides in their place."""
    name, deputy, days = AWAY
    person = User.objects.filter(username=name).first()
    if person is not None and not Delegation.objects.filter(from_user=person).exists():
        until = timezone.now().date() + dt.timedelta(days=days)
        delegate(actor=actor_of(person), to=deputy, since=None, until=until, note="On holiday")
