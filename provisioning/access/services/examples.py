"""Rows that break a check, for those who may read them anyway, and a check as a query."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.actors import Actor
from accounts.policies import can_act_for_team
from catalog.contracts.models import SchemaProperty
from catalog.quality import selectors as quality
from catalog.quality.models import QualityCheck
from catalog.quality.states import Outcome
from core.errors import Invalid, InvalidTransition, NotAllowed, Unavailable
from core.problems import Problem
from provisioning.access.models import Grant
from provisioning.access.selectors import can
from provisioning.access.services.records import last_opening, note
from provisioning.access.services.sampling import classified_columns
from provisioning.access.states import GrantState
from provisioning.drivers import registry
from provisioning.drivers.protocol import (
    Ability,
    DriverError,
    Evidence,
    Step,
)
from provisioning.jobs.services.checks import targets_of

MOST = 20  # examples
OF_ROWS = frozenset(
    {"nullValues", "missingValues", "invalidValues", "duplicateValues", "expiredValues"}
)
BROKEN = frozenset({Outcome.FAIL, Outcome.WARN})


@dataclass(frozen=True)
class Examples:
    """Rows that break a check now; a value is None where it is missing or masked."""

    columns: tuple[str, ...]
    masked: frozenset[str]
    rows: tuple[tuple[str | None, ...], ...]


def grant_for(check: QualityCheck, actor: Actor) -> Grant | None:
    """The actor's own access to the port of a check, in force and fit to look through."""
    held = Grant.objects.held_by(actor).filter(port=check.port_id, state=GrantState.ACTIVE)
    found = held.select_related("instance", "port__product", "port__contract_version")
    return next((each for each in found.order_by("-id") if can(each, Ability.SAMPLE)), None)


def has_examples(check: QualityCheck) -> bool:
    """Whether single rows break a check, and did when it last ran."""
    metric = check.definition.get("metric")
    return check.runnable and check.outcome in BROKEN and metric in OF_ROWS


def failing_rows(*, check: QualityCheck, actor: Actor) -> Examples:
    """Keys of up to twenty rows that break a check, read now with the actor's own grant.

    Nothing of it is kept; that somebody looked goes into the audit log.

    Raises:
        NotAllowed: the actor holds no access to the port that is in force.
        InvalidTransition: the check did not fail when it last ran.
        Invalid: code `no-single-rows`: it is about the table as a whole, or another tool's.
        Unavailable: the warehouse did not answer, or cannot be read like that.
    """
    grant = grant_for(check, actor)
    if grant is None:
        raise NotAllowed("Examples are read with your own access. You have none to this port.")
    if check.definition.get("metric") not in OF_ROWS or not check.runnable:
        text = "No single row breaks a check of this kind."
        raise Invalid(text, [Problem("", "no-single-rows", text)])
    if check.outcome not in BROKEN:
        raise InvalidTransition("This check did not fail when it last ran.", state=check.outcome)
    driver, table = registry.get_driver(grant.instance.driver), quality.table_of(check)
    assert isinstance(driver, Evidence)  # who can show a sample can show this
    spec = last_opening(grant).spec
    keys = _keys(check)
    try:
        rows = driver.failing(grant.instance_id, spec, table, quality.rule_of(check), keys, MOST)
    except DriverError as error:
        raise Unavailable(str(error)) from error
    note("examples.shown", grant, actor=actor.name, check=check.pk, rows=len(rows.values))
    secret = classified_columns(grant).get(check.definition["object"], frozenset())
    masked = secret & set(rows.columns)
    hidden = [name in masked for name in rows.columns]
    values = tuple(
        tuple(None if hide else value for value, hide in zip(row, hidden, strict=True))
        for row in rows.values
    )
    return Examples(rows.columns, masked, values)


def may_see_query(check: QualityCheck, actor: Actor) -> bool:
    """The owners, those who see all metadata, and those who may read the port."""
    if actor.is_visitor:
        return False
    product = check.port.product
    owns = can_act_for_team(actor, product.owner_id) or product.domain_id in actor.owned_domain_ids
    if owns or actor.sees_all_metadata:
        return True
    return grant_for(check, actor) is not None


def query_of(*, check: QualityCheck, actor: Actor) -> str:
    """The SQL that answers a check, as whoever may read the table can run it.

    Raises:
        NotAllowed: the actor neither owns the port nor may read it.
        Invalid: code `check-not-runnable`: the portal does not run it.
        Unavailable: the warehouse did not answer, or the rule cannot be evaluated there.
    """
    if not may_see_query(check, actor):
        raise NotAllowed("Only its owners and those who may read the port see the query.")
    if not check.runnable:
        text = f"The portal does not run this check. {check.note}".strip()
        raise Invalid(text, [Problem("", "check-not-runnable", text)])
    due = quality.measurement([check])
    driver = registry.get_driver(due.driver)
    assert isinstance(driver, Evidence)  # the only ones that quality rules are run by
    spec = {**due.spec, **targets_of({due.instance_id}).get(due.instance_id, {})}
    step = Step("measure", due.instance_id, spec, lambda *_: None)
    try:
        return driver.statement(step, spec["rules"][0])
    except DriverError as error:
        raise Unavailable(str(error)) from error


def _keys(check: QualityCheck) -> list[str]:
    """The primary key that the contract names, in its order."""
    keys = SchemaProperty.objects.filter(
        object__version=check.port.contract_version_id,
        object__name=check.definition["object"],
        primary_key=True,
    )
    return list(keys.order_by("primary_key_position", "position").values_list("name", flat=True))
