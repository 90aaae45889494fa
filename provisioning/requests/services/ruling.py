"""Writing the rules that say who decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, transaction

from accounts.actors import Actor
from accounts.models import Team
from core import audit, cel, outbox
from core.clock import db_now
from core.errors import Conflict, Invalid, InvalidTransition
from core.problems import Problem
from provisioning.requests import policies
from provisioning.requests.formats.outcome import Outcome, read_outcome
from provisioning.requests.models import DecisionRule, RuleVersion
from provisioning.requests.selectors.back_testing import BackTest, Scope, back_test
from provisioning.requests.selectors.routing import EXAMPLE
from provisioning.requests.selectors.rules import scope_of

MAX_NAME = 120
MAX_POSITION = 999


@transaction.atomic
def save_rule(
    *,
    actor: Actor,
    name: str,
    condition: str,
    outcome: Any,
    scope: Scope,
    position: int = 100,
    rule: DecisionRule | None = None,
) -> RuleVersion:
    """Write a rule, or its next wording; it is in force at once. The same again is no version.

    Args:
        condition: CEL over `EXAMPLE`'s facts; true where the rule holds.
        outcome: a document, as `formats/outcome.py` reads it.
        scope: of a new rule; it stays what it was made for.
        position: among the rules of its scope; the first that holds decides.

    Raises:
        NotAllowed: `actor` may not govern that part of the company.
        Invalid: with a pointer for each thing to mend.
        Conflict: there is a rule of this name in that part.
        InvalidTransition: it is retired.
    """
    scope = scope if rule is None else scope_of(rule)
    policies.require_rule(actor, scope.port, scope.domain)
    read, problems = read_outcome(outcome)
    problems = [*_problems(name, condition, position), *problems, *_team_problems(read)]
    if problems:
        raise Invalid("The rule cannot be saved like that.", problems)
    kept = _kept(rule, name.strip(), scope, position)
    return _versioned(kept, condition.strip(), read, actor)


@transaction.atomic
def retire_rule(*, rule: DecisionRule, actor: Actor) -> None:
    """Ask it no more; what it has decided stays as it is.

    Raises:
        NotAllowed: `actor` may not govern that part of the company.
        InvalidTransition: it is retired already.
    """
    policies.require_rule(actor, rule.port, rule.domain)
    if not DecisionRule.objects.in_force().filter(pk=rule.pk).update(retired_at=db_now()):
        raise InvalidTransition(f"“{rule}” is retired already.")
    _tell(rule, actor, "rule.retired")


def try_rule(*, actor: Actor, condition: str, outcome: Any, scope: Scope) -> BackTest:
    """What a rule would have made of the last requests that people decided; saves nothing.

    Raises:
        Invalid: with a pointer for each thing to mend.
    """
    read, problems = read_outcome(outcome)
    problems = [*condition_problems(condition), *problems]
    if problems:
        raise Invalid("The rule cannot be tried like that.", problems)
    return back_test(condition=condition.strip(), outcome=read, scope=scope, actor=actor)


def condition_problems(condition: str) -> Iterator[Problem]:
    """What is wrong with a condition, with line and column."""
    if not condition.strip():
        yield Problem("/condition", "empty", "Say where it holds; `true` is everywhere.")
        return
    for each in cel.check(condition.strip(), EXAMPLE.keys()):
        yield Problem("/condition", "rule", f"Line {each.line}, {each.column}: {each.message}")


def _problems(name: str, condition: str, position: int) -> Iterator[Problem]:
    if not name.strip():
        yield Problem("/name", "empty", "Give the rule a name.")
    elif len(name.strip()) > MAX_NAME:
        yield Problem("/name", "too-long", f"At most {MAX_NAME} characters.")
    yield from condition_problems(condition)
    if not 1 <= position <= MAX_POSITION:
        yield Problem("/position", "out-of-range", f"A whole number from 1 to {MAX_POSITION}.")


def _team_problems(outcome: Outcome) -> Iterator[Problem]:
    named = [
        (f"/outcome/stages/{at}/{number}/side", side.side)
        for at, stage in enumerate(outcome.stages)
        for number, side in enumerate(stage)
    ]
    named.append(("/outcome/escalate", outcome.escalate))
    slugs = {name.removeprefix("team:") for _, name in named if name.startswith("team:")}
    known = set(Team.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    for pointer, name in named:
        slug = name.removeprefix("team:")
        if name.startswith("team:") and slug not in known:
            yield Problem(pointer, "unknown-team", f"There is no team {slug}.")


def _kept(rule: DecisionRule | None, name: str, scope: Scope, position: int) -> DecisionRule:
    """The rule itself, locked, with name and position as given."""
    try:
        with transaction.atomic():
            if rule is None:
                return DecisionRule.objects.create(
                    name=name,
                    port=scope.port,
                    domain=scope.domain,
                    classification=scope.classification,
                    position=position,
                )
            locked = DecisionRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
            if locked.retired_at is not None:
                raise InvalidTransition(f"“{rule}” is retired; write a new one.")
            locked.name, locked.position = name, position
            locked.save(update_fields=["name", "position"])
            return locked
    except IntegrityError as error:
        raise Conflict(f"There is a rule “{name}” for this already.") from error


def _versioned(rule: DecisionRule, condition: str, outcome: Outcome, actor: Actor) -> RuleVersion:
    last = rule.versions.order_by("-number").first()
    document = outcome.as_dict()
    if last is not None and (last.condition, last.outcome) == (condition, document):
        return last
    version = RuleVersion.objects.create(
        rule=rule,
        number=last.number + 1 if last else 1,
        condition=condition,
        outcome=document,
        created_by=actor.name,
    )
    _tell(rule, actor, "rule.saved", version=version.number, condition=condition, outcome=document)
    return version


def _tell(rule: DecisionRule, actor: Actor, verb: str, **detail: Any) -> None:
    audit.record(
        actor=actor.name, verb=verb, kind="rule", object_id=rule.pk, name=rule.name, **detail
    )
    outbox.emit("rule.changed", key=rule.pk, rule_id=str(rule.pk), verb=verb)
