"""Policies with their state and how many do not keep them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count

from accounts.actors import Actor
from catalog.governance.extensions import kinds, subjects_of
from catalog.governance.models import Evaluation, Policy, PolicyVersion
from catalog.governance.states import Outcome, PolicyState
from core.errors import NotFound

MAX_POLICIES = 500


@dataclass(frozen=True)
class PolicyRow:
    """A policy as lists show it."""

    policy: Policy
    version: PolicyVersion  # in force, else the draft, else the last one
    state: str
    draft: PolicyVersion | None  # the next wording, if there is one
    failing: int  # of the published ones that the reader may see
    undecided: int


def policy_by_slug(actor: Actor, slug: str) -> Policy:
    """Raises: NotFound."""
    visible = Policy.objects.visible_to(actor).select_related("owner", "domain")
    policy = visible.filter(slug=slug).first()
    if policy is None:
        raise NotFound()
    return policy


def policy_rows(actor: Actor, policies: Iterable[Policy] | None = None) -> list[PolicyRow]:
    """All policies, or these, by name. Cost: two statements, and one for each kind of subject."""
    if policies is None:
        visible = Policy.objects.visible_to(actor).select_related("owner", "domain")
        policies = visible[:MAX_POLICIES]
    found = list(policies)
    versions: dict[UUID, list[PolicyVersion]] = defaultdict(list)
    for version in PolicyVersion.objects.filter(policy__in=found).order_by("-number"):
        versions[version.policy_id].append(version)
    counts = _counts(actor, found)
    return [_row(policy, versions[policy.pk], counts) for policy in found]


def standing_versions(kind: str) -> list[PolicyVersion]:
    """Versions that are in force or drafts, of one kind of subject, with policy and domain."""
    standing = PolicyVersion.objects.filter(
        policy__subject=kind, state__in=[PolicyState.ENFORCED, PolicyState.DRAFT]
    )
    return list(standing.select_related("policy__domain", "policy__owner").order_by("policy__name"))


def _row(
    policy: Policy, versions: list[PolicyVersion], counts: dict[tuple[UUID, str], int]
) -> PolicyRow:
    enforced = next((each for each in versions if each.state == PolicyState.ENFORCED), None)
    draft = next((each for each in versions if each.state == PolicyState.DRAFT), None)
    version = enforced or draft or versions[0]
    return PolicyRow(
        policy=policy,
        version=version,
        state=version.state,
        draft=draft if enforced else None,
        failing=counts.get((policy.pk, Outcome.FAIL), 0),
        undecided=counts.get((policy.pk, Outcome.UNDECIDED), 0),
    )


def _counts(actor: Actor, policies: list[Policy]) -> dict[tuple[UUID, str], int]:
    """`{(policy, outcome): how many}`; one statement for each kind."""
    counts: dict[tuple[UUID, str], int] = {}
    for kind in kinds():
        of_kind = [policy for policy in policies if policy.subject == kind]
        if not of_kind:
            continue
        rows = Evaluation.objects.filter(
            policy__in=of_kind, outcome__in=[Outcome.FAIL, Outcome.UNDECIDED]
        )
        if not actor.sees_all_metadata:
            rows = rows.filter(subject_id__in=subjects_of(kind).published(actor).values("pk"))
        for policy_id, outcome, count in (
            rows.order_by().values_list("policy", "outcome").annotate(n=Count("pk"))
        ):
            counts[(policy_id, outcome)] = count
    return counts
