"""Which way a request for access goes: what the rules in force make of its facts.

The nearest part of the company that has a rule for it decides: the port, its domain, the domains
above, the company. A rule of the class is law beside that: whom it asks for is asked too, and
only where it approves, or says nothing, may a nearer rule approve.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from accounts.actors import Actor, paths_up
from accounts.models import Team
from accounts.states import PortalRole
from catalog.products.models import OutputPort
from core import cel
from provisioning.requests.data import Route, Side
from provisioning.requests.formats.outcome import Outcome, WantedSide, read_outcome
from provisioning.requests.models import DecisionRule, RuleVersion

Facts = Mapping[str, Any]
STEWARDS = Side(role=PortalRole.STEWARD)
UNSURE = Outcome(((WantedSide("owner"),), (WantedSide("steward"),)))
EXAMPLE: Facts = {
    "requester": {
        "name": "rita",
        "role": "member",
        "teams": ["web-analytics"],
        "owner_of": [],
    },
    "consumer": {
        "kind": "team",
        "name": "web-analytics",
        "team": "web-analytics",
        "domain": "marketing",
    },
    "port": {
        "fqn": "sales.orders/orders@1",
        "product": "sales.orders",
        "domain": "sales",
        "owner": "sales-data",
        "classification": "internal",
        "archetype": "source-aligned",
        "status": "active",
        "tags": ["orders"],
    },
    "mode": "read",
    "purpose": "Find out why carts are left.",
    "duration": 90,
    "history": {"granted": 2, "rejected": 0, "live": 7, "extension": False},
}


@dataclass(frozen=True)
class Ruled:
    """What the rules say: a route, and the longest time that any of them allows."""

    route: Route
    max_days: int | None = None
    limited_by: str = ""  # name of the rule that limits the time


@dataclass(frozen=True)
class _Hit:
    """A rule that holds; `is_sure` False: it could not be evaluated, so people decide."""

    version: RuleVersion
    outcome: Outcome
    is_sure: bool = True
    speaks: bool = True  # False: it would approve writing without a word about it


def route_of(port: OutputPort, facts: Facts, actor: Actor) -> Ruled:
    """Who has to agree that `port`, with its product, domain and owner, is opened.

    Cost: one SQL statement, and one for each team that a rule names; 0.1 ms for each rule.
    """
    laws, *levels = _levels(standing(port))
    near = next((hit for hit in (_hit(level, facts) for level in levels) if hit), None)
    law = _hit(laws, facts)
    route = _owner_decides(port, actor) if near is None else _route(near, port, actor)
    if law is not None:
        route = _with_law(route, law, port, actor, has_rule=near is not None)
    limits = [hit for hit in (near, law) if hit and hit.outcome.max_days is not None]
    if not limits:
        return Ruled(route)
    least = min(limits, key=lambda hit: hit.outcome.max_days or 0)
    return Ruled(route, least.outcome.max_days, least.version.rule.name)


def asked_of_people(route: Route, port: OutputPort) -> Route:
    """The same; where nobody would have to decide, the owner does."""
    return route if route.stages else replace(route, stages=((Side(port.product.owner),),))


def standing(port: OutputPort) -> list[RuleVersion]:
    """The newest wording of every rule that may concern a port. One SQL statement."""
    product = port.product
    scope = (
        Q(rule__port=port.pk)
        | Q(rule__domain__path__in=paths_up(product.domain.path))
        | Q(rule__port__isnull=True, rule__domain__isnull=True, rule__classification="")
    )
    if product.classification:
        scope |= Q(rule__classification=product.classification)
    newest = (
        RuleVersion.objects.filter(scope, rule__retired_at__isnull=True)
        .select_related("rule__domain")
        .order_by("rule_id", "-number")
        .distinct("rule_id")
    )
    return sorted(newest, key=lambda each: (each.rule.position, str(each.rule.pk)))


def _hit(versions: Sequence[RuleVersion], facts: Facts) -> _Hit | None:
    """The first of a level that holds, or that could not be evaluated."""
    for version in versions:
        verdict = cel.decide(version.condition, [facts])[0]
        if verdict.value is None:
            return _Hit(version, UNSURE, is_sure=False)
        if verdict.value:
            outcome = read_outcome(version.outcome)[0]
            return _Hit(version, outcome, speaks=_speaks(version, outcome, facts))
    return None


def _speaks(version: RuleVersion, outcome: Outcome, facts: Facts) -> bool:
    """A rule that lets everybody read must not let them write because nobody thought of it."""
    return (
        not outcome.approves
        or facts.get("mode") != "write"
        or re.search(r"\bmode\b", version.condition) is not None
    )


def _levels(versions: Sequence[RuleVersion]) -> list[list[RuleVersion]]:
    """The class's rules first; then the port's, its domains' from below, the company's."""

    def nearness(rule: DecisionRule) -> tuple[int, int]:
        if rule.port_id is not None:
            return 0, 0
        return (1, -len(rule.domain.path)) if rule.domain is not None else (2, 0)

    laws = [each for each in versions if each.rule.classification]
    rest = [each for each in versions if not each.rule.classification]
    depths = sorted({nearness(each.rule) for each in rest})
    return [laws, *[[each for each in rest if nearness(each.rule) == at] for at in depths]]


def _owner_decides(port: OutputPort, actor: Actor) -> Route:
    """Without a rule: the team that owns the port, unless one of its owners asks."""
    owner = port.product.owner
    if owner.pk in actor.owner_team_ids:
        return Route(reason="An owner of the port asks.")
    return Route(((Side(owner),),), escalate=STEWARDS)


def _route(hit: _Hit, port: OutputPort, actor: Actor) -> Route:
    rule, outcome = hit.version.rule, hit.outcome
    said = {"id": str(rule.pk), "name": rule.name, "version": hit.version.number}
    if not hit.is_sure:
        reason = f"“{rule.name}” could not be evaluated, so people decide."
        return Route(((Side(port.product.owner),), (STEWARDS,)), reason, rule=said)
    if not hit.speaks:
        reason = f"“{rule.name}” says nothing of writing, so the owner decides."
        return replace(_owner_decides(port, actor), reason=reason, rule=said)
    if outcome.approves:
        return Route(reason=f"“{rule.name}” approves it.", rule=said)
    stages = _stages(outcome, port, actor)
    reason = f"“{rule.name}” asks for this." if stages else f"“{rule.name}” leaves it to you."
    escalate = _side(WantedSide(outcome.escalate), port)
    return Route(stages, reason, outcome.hours, escalate, said)


def _with_law(route: Route, law: _Hit, port: OutputPort, actor: Actor, *, has_rule: bool) -> Route:
    """The class's rule beside the nearer one: its sides are asked after the others."""
    wanted = _route(law, port, actor)
    if not wanted.stages:
        return route if has_rule or not law.outcome.approves else wanted
    reasons = [each.reason for each in (route, wanted) if each.stages and each.reason]
    stages = _each_once((*route.stages, *wanted.stages))
    return replace(wanted, stages=stages, reason=" ".join(reasons))


def _stages(outcome: Outcome, port: OutputPort, actor: Actor) -> tuple[tuple[Side, ...], ...]:
    """The sides as they are today; whoever asks agrees for their own side by asking."""
    named = [[_asked_of(_side(each, port), actor) for each in stage] for stage in outcome.stages]
    return _each_once([[side for side in stage if side is not None] for stage in named])


def _each_once(stages: Sequence[Sequence[Side]]) -> tuple[tuple[Side, ...], ...]:
    """Every side at its first place, by the greatest number of people that any place asks for."""
    numbers: dict[tuple[Team | None, str], int] = {}
    for side in (side for stage in stages for side in stage):
        key = (side.team, side.role)
        numbers[key] = max(side.quorum, numbers.get(key, 0))
    kept = []
    for stage in stages:
        first = dict.fromkeys((side.team, side.role) for side in stage)
        kept.append(tuple(Side(*key, quorum=numbers.pop(key)) for key in first if key in numbers))
    return tuple(stage for stage in kept if stage)


def _asked_of(side: Side | None, actor: Actor) -> Side | None:
    if side is None or side.team is None or side.team.pk not in actor.owner_team_ids:
        return side
    return replace(side, quorum=side.quorum - 1) if side.quorum > 1 else None


def _side(wanted: WantedSide, port: OutputPort) -> Side | None:
    """Whom it means; a team or an owner that is gone by now is the stewards' to replace."""
    name, stewards = wanted.side, replace(STEWARDS, quorum=wanted.quorum)
    if not name:
        return None
    if name in {PortalRole.STEWARD, PortalRole.PLATFORM}:
        return Side(role=name, quorum=wanted.quorum)
    if name == "owner":
        return Side(port.product.owner, quorum=wanted.quorum)
    if name == "domain":
        domain = port.product.domain
        return Side(domain.owner, quorum=wanted.quorum) if domain.owner else stewards
    team = Team.objects.filter(slug=name.removeprefix("team:")).first()
    return Side(team, quorum=wanted.quorum) if team else stewards
