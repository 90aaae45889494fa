"""Namespaces that a team answers for: claimed, given back, and guarded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import Team
from catalog.lineage.data import Facts
from catalog.lineage.formats.names import LONGEST_NAMESPACE, Name, text_problem
from catalog.lineage.formats.openlineage import NOTHING_TOLD, DatasetRef, Event
from catalog.lineage.models import Dataset, NamespaceClaim
from catalog.lineage.policies import may_hold_namespaces
from catalog.lineage.services.matching import match_systems
from catalog.lineage.states import Side
from core import audit
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.problems import Problem

REFUSED = "The namespace was not claimed."


@transaction.atomic
def claim_namespace(*, namespace: str, team: str, actor: Actor) -> NamespaceClaim:
    """From now on only `team` says what is written into the namespace.

    Args:
        namespace: of datasets, as events name it.
        team: slug.

    Raises:
        Invalid: it is no name, there is no such team, or the team has no dataset there.
        NotAllowed: the actor is no owner of the team.
        Conflict: another team has claimed it, or offers or posted datasets there.
    """
    problem = text_problem(namespace, LONGEST_NAMESPACE)
    if problem is not None:
        raise Invalid(REFUSED, [Problem("/namespace", "bad-name", f"The namespace {problem}.")])
    found = Team.objects.filter(slug=team).first() if "\0" not in team else None
    if found is None:
        raise Invalid(REFUSED, [Problem("/team", "unknown-team", f"There is no team {team}.")])
    _require_holder(actor, found)
    there = Dataset.objects.filter(namespace=namespace)
    own = there.filter(
        Q(port__product__owner=found) | Q(system_port__system__owner=found) | Q(posted_by=found)
    )
    if not actor.sees_all_metadata and not own.exists():
        text = f"{found.name} offers no dataset there and has sent none; send one first."
        raise Invalid(REFUSED, [Problem("/namespace", "not-theirs", text)])
    others = ~Q(port__product__owner=found) & Q(port__isnull=False)
    others |= ~Q(system_port__system__owner=found) & Q(port=None, system_port__isnull=False)
    if there.filter(others).exists():
        raise Conflict("Another team offers datasets there; a shared namespace stays open.")
    try:
        with transaction.atomic():
            claim = NamespaceClaim.objects.create(
                namespace=namespace, team=found, claimed_by_id=actor.user_id or None
            )
    except IntegrityError as error:
        holder = NamespaceClaim.objects.select_related("team").get(namespace=namespace).team
        raise Conflict(f"{holder.name} has claimed it already.", team=holder.slug) from error
    match_systems(namespaces=[namespace])
    _record(actor, "namespace.claimed", claim)
    return claim


@transaction.atomic
def release_namespace(*, namespace: str, actor: Actor) -> None:
    """Open the namespace to everybody again.

    Raises:
        NotFound: nobody claimed it.
        NotAllowed: the actor is no owner of the team that did.
    """
    claims = NamespaceClaim.objects.select_for_update(of=("self",)).select_related("team")
    claim = claims.filter(namespace=namespace).first() if "\0" not in namespace else None
    if claim is None:
        raise NotFound("Nobody has claimed this namespace.")
    _require_holder(actor, claim.team)
    _record(actor, "namespace.released", claim)
    claim.delete()
    match_systems(namespaces=[namespace])


def _require_holder(actor: Actor, team: Team) -> None:
    if not may_hold_namespaces(actor, team.pk):
        raise NotAllowed(
            f"Only owners of {team.name}, and stewards, claim for it or give back.", team=team.slug
        )


def _record(actor: Actor, verb: str, claim: NamespaceClaim) -> None:
    audit.record(
        actor=actor.name,
        verb=verb,
        kind="namespace",
        object_id=claim.namespace,
        team=claim.team.slug,
    )


def _writes_of(event: Event) -> Iterator[Name]:
    """The datasets that an event says something is written to."""
    yield from (ref.name for ref in event.outputs)
    yield from (ref.name for ref in event.inputs if ref.told is not NOTHING_TOLD)


def guarded(event: Event, others: Mapping[Name, str]) -> Event:
    """The event without what it writes to datasets of others, and with a warning instead.

    Args:
        others: datasets that it may not write, each with the reason.
    """
    reasons = dict.fromkeys(others[name] for name in _writes_of(event) if name in others)
    if not reasons:
        return event
    return replace(
        event,
        outputs=tuple(ref for ref in event.outputs if ref.name not in others),
        inputs=tuple(_read_only(ref) if ref.name in others else ref for ref in event.inputs),
        warnings=(*event.warnings, *reasons),
    )


def _read_only(ref: DatasetRef) -> DatasetRef:
    return replace(ref, told=NOTHING_TOLD)


def guard_facts(facts: Facts, others: Mapping[Name, str]) -> list[str]:
    """Take what is written to datasets of others out of the facts; answers warnings."""
    written = {dataset for _, dataset, side in facts.uses if side == Side.OUT}
    written |= {edge.target for edge in facts.edges} | {link.target for link in facts.links}
    others = {name: others[name] for name in written & others.keys()}
    for use in [use for use in facts.uses if use[1] in others and use[2] == Side.OUT]:
        del facts.uses[use]
    for edge in [edge for edge in facts.edges if edge.target in others]:
        del facts.edges[edge]
    for link in [link for link in facts.links if link.target in others]:
        del facts.links[link]
    read = {edge.source for edge in facts.edges} | {dataset for _, dataset, _ in facts.uses}
    for name in others.keys() - read:
        del facts.datasets[name]
    return sorted(set(others.values()))
