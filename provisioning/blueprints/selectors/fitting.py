"""Whether the steps of a document can be done here: driver, action, spec and target."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import jsonschema_rs

from accounts.models import Domain, Team
from catalog.products.models import DataProduct
from catalog.products.names import slugified
from core.documents import Document
from core.errors import Invalid
from core.problems import Problem, to_pointer
from core.schema_checks import SchemaCheck
from provisioning.blueprints.formats.defaults import with_defaults
from provisioning.blueprints.formats.document import (
    CATALOGUED,
    DERIVED,
    DOMAIN_KIND,
    PORT_KIND,
    BlueprintDoc,
    StepTemplate,
)
from provisioning.blueprints.formats.placeholders import filled_spec
from provisioning.blueprints.selectors.contracting import RequestedContract, from_columns, from_text
from provisioning.blueprints.selectors.resolving import Resolved
from provisioning.blueprints.selectors.values import contract_values, values_of
from provisioning.drivers.git.target import BUILT_IN as REPOSITORIES
from provisioning.drivers.models import Target
from provisioning.drivers.postgres.target import BUILT_IN as WAREHOUSE
from provisioning.drivers.protocol import Driver, DriverError, PermanentError
from provisioning.drivers.registry import get_driver, judge_spec, offered_actions

BUILT_IN = {"postgres": WAREHOUSE, "git": REPOSITORIES}
SAMPLE = UUID(int=0)
OWN = {  # what catalogue steps may say of whose and what they write
    **{name: f"${{{name}}}" for name in ("team", "domain", "slug", "product", "port", "ports")},
    "document_id": "${instance}",
    "text": "${contract.text}",
    "path": "${fqn}",
    **{name: f"${{parameters.{name}}}" for name in ("owner", "new_team")},
    "asker": "${asker}",
}
CATALOG = "catalog"
Kind = jsonschema_rs.ValidationErrorKind


def fit_problems(document: Document, blueprint: BlueprintDoc, owner: Team) -> list[Problem]:
    """What no driver here could do, each with pointer and line."""
    values = _sample_values(blueprint, owner)
    applied = {each.id for each in blueprint.steps_for(_sample_parameters(blueprint))}
    found: list[Problem] = []
    for index, step in enumerate(blueprint.steps):
        found += _own_problems(step, blueprint.makes, ("steps", index, "spec"))
        found += _step_problems(index, step, owner, values, is_sure=step.id in applied)
    return [
        Problem(each.pointer, each.code, each.message, line=document.line_of(each.pointer))
        for each in found
    ]


def has_targets(blueprint: BlueprintDoc, owner: Team) -> bool:
    """Whether every target that the steps name is there."""
    return not any(
        problem for step in blueprint.steps for problem in _target_problems(step, owner, ())
    )


def _step_problems(
    index: int, step: StepTemplate, owner: Team, values: Mapping[str, Any], *, is_sure: bool
) -> Iterator[Problem]:
    path = ("steps", index)
    try:
        driver = get_driver(step.driver)
    except PermanentError as error:
        yield Problem(to_pointer((*path, "driver")), "unknown-driver", str(error))
        return
    offered = offered_actions(driver)
    if step.action not in offered:
        listed = ", ".join(sorted(offered))
        message = f"{step.driver} offers no action “{step.action}”; it offers {listed}."
        yield Problem(to_pointer((*path, "action")), "unknown-action", message)
        return
    yield from _target_problems(step, owner, (*path, "spec", "target"))
    yield from _spec_problems(driver, step, values, (*path, "spec"), is_sure=is_sure)


def _own_problems(step: StepTemplate, makes: str, path: tuple[str | int, ...]) -> Iterator[Problem]:
    """Catalogue steps write what was asked for and decided, never for another team or domain."""
    if step.driver != CATALOG:
        return
    if makes not in CATALOGUED:
        message = f"Only what makes {' or '.join(sorted(CATALOGUED))} writes into the catalogue."
        yield Problem(to_pointer((*path[:-1], "driver")), "not-own", message)
    if (step.action == DOMAIN_KIND) != (makes == DOMAIN_KIND):
        message = "The action `domain` goes with what makes `domain`, and no other does."
        yield Problem(to_pointer((*path[:-1], "action")), "not-own", message)
    for name, wanted in OWN.items():
        if name in step.spec and step.spec[name] != wanted:
            message = f"Write {wanted}: a request makes things of its own team and domain only."
            yield Problem(to_pointer((*path, name)), "not-own", message)


def _target_problems(
    step: StepTemplate, owner: Team, path: tuple[str | int, ...]
) -> Iterator[Problem]:
    """A target is named outright, and is the owner's own or the built-in one."""
    slug = step.spec.get("target")
    if slug is None or slug == BUILT_IN.get(step.driver):
        return
    known = isinstance(slug, str) and "${" not in slug
    if not known or not Target.objects.filter(slug=slug, owner=owner).exists():
        message = f"Name a target that {owner.name} has registered."
        yield Problem(to_pointer(path), "unknown-target", message)


def _spec_problems(
    driver: Driver,
    step: StepTemplate,
    values: Mapping[str, Any],
    path: tuple[str | int, ...],
    *,
    is_sure: bool,
) -> Iterator[Problem]:
    """The spec as the example fills it, against the schema of the action.

    Args:
        is_sure: False when the step does not apply to the example; then nothing counts as missing.
    """
    spec = filled_spec(step.spec, values)
    schema = dict(driver.actions[step.action])
    check = SchemaCheck(schema, draft="2020-12", author=f"{step.driver}/{step.action}")
    for each in check.problems(Document(data=spec, text="", media="yaml")):
        if is_sure or each.code not in {"missing-field", "too-few"}:
            message = f"With the example: {each.message}"
            yield Problem(f"{to_pointer(path)}{each.pointer}", "spec-does-not-fit", message)
            return
    try:
        judge_spec(driver, step.action, spec)
    except PermanentError as error:
        yield Problem(to_pointer(path), "spec-does-not-fit", f"With the example: {error}")


def _sample_parameters(blueprint: BlueprintDoc) -> dict[str, Any]:
    return with_defaults(blueprint.parameters, blueprint.example)


def _sample_values(blueprint: BlueprintDoc, owner: Team) -> dict[str, Any]:
    """The values of the example, as if its domain and its team were there."""
    given = _sample_parameters(blueprint)
    slug = str(given.get("port" if blueprint.makes == PORT_KIND else "name", ""))
    domain = Domain(path=str(given.get("domain", "sales")), name="Example")
    team = Team(slug=str(given.get("team", owner.slug)), name="Example")
    product = DataProduct(fqn=str(given.get("product", "sales.orders")), slug="orders")
    resolved = Resolved(
        parameters=given,
        slug=slugified(slug) or "example",
        place=slugified(slug) or "example",
        domain=domain,
        team=team,
        deciders=(),
        reason="",
        contract=_sample_contract(blueprint, given, domain, owner),
        product=product if blueprint.makes == PORT_KIND else None,
        expires_on=dt.date.max if blueprint.expires else None,
    )
    try:
        return values_of(blueprint, resolved, SAMPLE)
    except DriverError:  # no warehouse is set up yet; where tables will be is not judged then
        bare = values_of(blueprint, replace(resolved, contract=None), SAMPLE)
        described = contract_values(resolved.contract) if resolved.contract else {}
        port = {"name": "table", "location": {}}
        place = {"schema": "dp_example", "table": "example", "product": "sales.orders"}
        return {**bare, **described, **place, "ports": [port], "port": port}


def _sample_contract(
    blueprint: BlueprintDoc, given: Mapping[str, Any], domain: Domain, owner: Team
) -> RequestedContract | None:
    if blueprint.makes not in DERIVED:
        return None
    try:
        if "contract" in given:
            return from_text(given["contract"], team=owner)
        named = {"name": "example", "purpose": "An example.", **given}
        place: dict[str, Any] = {"slug": "example", "domain": domain, "team": owner}
        return from_columns(named, **place, instance_id=SAMPLE)
    except Invalid as error:
        first = error.problems[0].message if error.problems else str(error)
        message = f"The contract of the example is refused: {first}"
        raise Invalid(message, [Problem("/example", "bad-example", message)]) from error
