"""What events are about: read many at a time, and only what the reader may see now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.models import Domain, Team
from catalog.contracts.models import DataContract
from catalog.governance.models import Policy, Term
from catalog.products.models import DataProduct, Demand, System
from catalog.quality.models import Incident
from portal.feed.formats.events import Subject
from provisioning.access.models import Grant
from provisioning.blueprints.models import Blueprint
from provisioning.consent.models import Consent
from provisioning.jobs.models import Instance, Operation
from provisioning.recertification.models import Campaign
from provisioning.requests.models import DecisionRule, Request

Read = Callable[[Actor], QuerySet[Any]]
Describe = Callable[[Any], Subject]


def subjects_of(kind: str, keys: Collection[str], actor: Actor) -> Mapping[str, Subject]:
    """`{key: subject}` of those of one kind that the actor may see. One SQL statement."""
    key, read, describe = KINDS[kind]
    if actor.is_visitor:
        return {}
    known = [each for each in set(keys) if _fits(key, read, each)]
    rows = read(actor).order_by().filter(**{f"{key}__in": known})
    return {str(getattr(row, key)): describe(row) for row in rows}


def _fits(key: str, read: Read, text: str) -> bool:
    """Whether the column can hold the key at all; an event says what was true when it was made."""
    try:
        field = read(_NOBODY).model._meta.get_field("id" if key == "pk" else key)
        field.to_python(text)
    except ValidationError:
        return False
    return True


_NOBODY = Actor()


def _everybody(rows: type[Domain] | type[Team]) -> Read:
    return lambda _actor: rows._default_manager.all()


def _owned(kind: str, name: str) -> Describe:
    """Of what one team owns."""

    def describe(row: Any) -> Subject:
        teams = frozenset() if row.owner_id is None else frozenset({row.owner_id})
        return Subject(kind, str(row.pk), getattr(row, name), row.get_absolute_url(), teams)

    return describe


def _shared(kind: str, name: str) -> Describe:
    """Of what only those see who have part in it."""
    return lambda row: Subject(kind, str(row.pk), getattr(row, name), row.get_absolute_url())


def _team(row: Team) -> Subject:
    return Subject("team", str(row.pk), row.slug, row.get_absolute_url(), frozenset({row.pk}))


def _demand(row: Demand) -> Subject:
    teams = frozenset(pk for pk in (row.team_id,) if pk)
    return Subject("demand", str(row.pk), row.title, row.get_absolute_url(), teams)


def _rule(row: DecisionRule) -> Subject:
    owner = row.port.product.owner_id if row.port else row.domain.owner_id if row.domain else None
    teams = frozenset(pk for pk in (owner,) if pk)
    return Subject("rule", str(row.pk), row.name, row.get_absolute_url(), teams)


def _grant(row: Grant) -> Subject:
    return Subject("grant", str(row.pk), f"{row.port.fqn} → {row.consumer}", row.get_absolute_url())


def _incident(row: Incident) -> Subject:
    teams = frozenset({row.product.owner_id})
    return Subject("incident", str(row.pk), row.title, row.get_absolute_url(), teams)


def _consent(row: Consent) -> Subject:
    name = f"{row.grant.port.fqn} → {row.grant.consumer}"
    return Subject("consent", str(row.pk), name, row.grant.get_absolute_url())


# kind: the column that events name, what may be read, and how it is told
KINDS: Mapping[str, tuple[str, Read, Describe]] = MappingProxyType(
    {
        "product": (
            "pk",
            lambda actor: DataProduct.objects.visible_to(actor).only("fqn", "owner_id"),
            _owned("product", "fqn"),
        ),
        "contract": (
            "pk",
            lambda actor: DataContract.objects.visible_to(actor),
            _owned("contract", "document_id"),
        ),
        "incident": (
            "pk",
            lambda actor: Incident.objects.visible_to(actor).select_related("product"),
            _incident,
        ),
        "demand": ("pk", lambda actor: Demand.objects.visible_to(actor), _demand),
        "system": (
            "pk",
            lambda actor: System.objects.visible_to(actor).only("fqn", "owner_id"),
            _owned("system", "fqn"),
        ),
        "domain": ("pk", _everybody(Domain), _owned("domain", "path")),
        "team": ("pk", _everybody(Team), _team),
        "policy": (
            "pk",
            lambda actor: Policy.objects.visible_to(actor),
            _owned("policy", "slug"),
        ),
        "term": ("pk", lambda actor: Term.objects.visible_to(actor), _owned("term", "name")),
        "rule": (
            "pk",
            lambda actor: DecisionRule.objects.visible_to(actor).select_related(
                "port__product", "domain"
            ),
            _rule,
        ),
        "blueprint": (
            "slug",
            lambda actor: Blueprint.objects.visible_to(actor),
            _owned("blueprint", "slug"),
        ),
        "request": (
            "pk",
            lambda actor: Request.objects.visible_to(actor),
            _shared("request", "title"),
        ),
        "grant": ("pk", lambda actor: Grant.objects.visible_to(actor).for_lists(), _grant),
        "consent": ("pk", lambda actor: Consent.objects.visible_to(actor).for_lists(), _consent),
        "campaign": (
            "pk",
            lambda actor: Campaign.objects.visible_to(actor),
            _shared("campaign", "name"),
        ),
        "resource": (
            "pk",
            lambda actor: Instance.objects.visible_to(actor).defer("desired_spec"),
            _shared("resource", "name"),
        ),
        "operation": (
            "pk",
            lambda actor: Operation.objects.visible_to(actor).defer("spec"),
            _shared("operation", "title"),
        ),
    }
)
