"""A few rows for those who may read them anyway; classified columns are masked."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.actors import Actor
from catalog.contracts import selectors as contracts
from core.errors import Invalid, InvalidTransition, Unavailable
from core.problems import Problem
from provisioning.access import policies
from provisioning.access.models import Grant
from provisioning.access.selectors import can
from provisioning.access.services.records import last_opening, note
from provisioning.access.states import GrantState
from provisioning.drivers import registry
from provisioning.drivers.postgres import naming
from provisioning.drivers.protocol import Ability, DriverError, Peek, Rows

LIMIT = 10  # rows of a table
OPEN_CLASSES = frozenset({"", "public", "internal"})  # whatever else a column is, it is masked


@dataclass(frozen=True)
class Sample:
    """Some rows of one object; a value is None where it is missing."""

    name: str
    columns: tuple[str, ...]
    masked: frozenset[str]
    rows: tuple[tuple[str | None, ...], ...]


def sample_rows(*, grant: Grant, actor: Actor) -> list[Sample]:
    """Up to ten rows of each table of a grant, as its role reads them; it goes into the audit log.

    Raises:
        NotAllowed: the grant was not given to the actor.
        Invalid: the portal cannot look into the target.
        InvalidTransition: the grant is not in force.
        Unavailable: the warehouse did not answer, or cannot be read like that.
    """
    policies.require_hold(actor, grant)
    if not can(grant, Ability.SAMPLE):
        text = "The portal cannot look into this port. Read it with your own access."
        raise Invalid(text, [Problem("", "no-sample", text)])
    if grant.state != GrantState.ACTIVE:
        raise InvalidTransition("This access is not in force.")
    driver = registry.get_driver(grant.instance.driver)
    assert isinstance(driver, Peek)  # the ability says so
    spec = last_opening(grant).spec
    names = {table: name for name, table in grant.port.location["tables"].items()}
    try:
        found = {
            names.get(table, table): driver.peek(grant.instance_id, spec, table, LIMIT)
            for table in spec["tables"]
        }
    except DriverError as error:
        raise Unavailable(str(error)) from error
    note("sample.shown", grant, actor=actor.name, objects=sorted(found))
    secret = classified_columns(grant)
    return [_sample(name, rows, secret.get(name, frozenset())) for name, rows in found.items()]


def _sample(name: str, rows: Rows, secret: frozenset[str]) -> Sample:
    masked = secret & set(rows.columns)
    hidden = [each in masked for each in rows.columns]
    values = tuple(
        tuple(None if hide else value for value, hide in zip(row, hidden, strict=True))
        for row in rows.values
    )
    return Sample(name, rows.columns, masked, values)


def classified_columns(grant: Grant) -> dict[str, frozenset[str]]:
    """`{object: its columns in the warehouse that are not open to everybody}`."""
    version = grant.port.contract_version
    found = {}
    for each in contracts.objects(version) if version is not None else ():
        own = {one.name: one.classification.lower() for one in each.properties.all()}
        columns = naming.allocate(own, prefix="c")
        found[each.name] = frozenset(
            columns[name] for name, level in own.items() if level not in OPEN_CLASSES
        )
    return found
