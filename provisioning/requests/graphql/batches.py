"""Rows of requests, of the rules that say who decides, and of deputies."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from accounts.actors import Actor
from core.graphql import first_of_each
from provisioning.requests.models import Approval, Request, RuleVersion
from provisioning.requests.selectors import why_theirs

REQUEST = (
    "id",
    "number",
    "kind",
    "title",
    "state",
    "requester_id",
    "team_id",
    "purpose",
    "reason",
    "operation_id",
    "created_at",
    "decided_at",
    "finished_at",
)
REQUEST_ORDER = ("-number",)
APPROVAL = (
    *("id", "request_id", "round", "stage", "team_id", "role", "quorum", "state"),
    *("opened_at", "due_at", "escalated_at"),
)
INBOX_ORDER = ("due_at", "id")
RULE = (
    *("id", "name", "position", "classification", "port_id", "domain_id"),
    *("port__fqn", "domain__path", "created_at", "retired_at"),
)
RULE_ORDER = ("position", "id")
WORDING = ("rule_id", "version", "condition", "outcome", "changed_by", "changed_at")
WORDING_ORDER = ("-version",)
DELEGATION = ("id", "from_user_id", "to_user_id", "starts_at", "ends_at", "note")
DELEGATION_ORDER = ("starts_at", "id")

Rows = dict[Any, dict[str, Any]]
Lists = dict[Any, list[dict[str, Any]]]


def requests_by_id(actor: Actor, ids: Collection[UUID]) -> Rows:
    """Requests that `actor` may see."""
    visible = Request.objects.visible_to(actor).filter(pk__in=ids)
    return {row["id"]: row for row in visible.values(*REQUEST)}


def approvals_of(actor: Actor, ids: Collection[UUID]) -> Lists:
    """The sides of each request, in turn."""
    found: Lists = {pk: [] for pk in ids}
    for row in Approval.objects.filter(request__in=ids).values(*APPROVAL):
        found[row["request_id"]].append(row)
    return found


def asked_by_request(actor: Actor, ids: Collection[UUID]) -> Rows:
    """What exactly requests that were seen before ask for."""
    rows = Request.objects.filter(pk__in=ids).values("id", "parameters", "subject__facts")
    return {row["id"]: {**row} for row in rows}


def reasons_by_approval(actor: Actor, ids: Collection[int]) -> Rows:
    """Why sides are the actor's to decide; nothing of those that are not."""
    mine = Approval.objects.open_to(actor).filter(pk__in=ids).select_related("team")
    return {each.pk: {"why": why_theirs(each, actor)} for each in mine}


def wording_by_rule(actor: Actor, ids: Collection[UUID]) -> Rows:
    """What rules that were seen before say now."""
    newest = _wordings(ids).order_by("rule_id", "-number").distinct("rule_id")
    return {row["rule_id"]: row for row in newest.values(*WORDING)}


def wordings_by_rule(
    actor: Actor, ids: Collection[UUID], *, first: int, after: str | None = None
) -> Lists:
    """All that rules that were seen before ever said."""
    return first_of_each(
        _wordings(ids),
        by="rule_id",
        order=WORDING_ORDER,
        columns=WORDING,
        first=first,
        after=after,
    )


def scope_in(values: Mapping[str, Any]) -> str:
    """The part of the company that a row is about: `company`, `class:…`, `domain:…`, `port:…`."""
    if values["port__fqn"]:
        return f"port:{values['port__fqn']}"
    if values["domain__path"]:
        return f"domain:{values['domain__path']}"
    level = values["classification"]
    return f"class:{level}" if level else "company"


def _wordings(ids: Collection[UUID]) -> QuerySet[RuleVersion]:
    found = RuleVersion.objects.filter(rule__in=ids)
    return found.annotate(
        version=F("number"), changed_by=F("created_by"), changed_at=F("created_at")
    )
