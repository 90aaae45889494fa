"""The publish gate for many products at once, and what policies say when products change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from catalog.governance.services import subjects_changed
from catalog.products.data import PortData, ProductData
from catalog.products.models import DataProduct
from catalog.products.selectors.facts import ProductFacts, facts_of
from catalog.products.selectors.gate import gate_problems
from catalog.products.services.planning import Plan
from catalog.products.states import LISTED
from core.errors import Invalid
from core.models import OutboxEvent
from core.problems import Problem

Facts = Mapping[UUID, ProductFacts]
Found = dict[UUID, list[Problem]]


class NotReady(Exception):
    """Some of what was written does not pass the gate."""

    def __init__(self, errors: Mapping[str, Invalid]) -> None:
        super().__init__(f"{len(errors)} products do not pass the publish gate.")
        self.errors = errors  # by document id


def facts_before(plans: Iterable[Plan]) -> Facts:
    """Facts of the products that are published already, before they are written."""
    return facts_of(
        [plan.product.pk for plan in plans if plan.product and plan.product.status in LISTED]
    )


def passed(
    pairs: Sequence[tuple[DataProduct, Plan]], before: Facts
) -> dict[str, tuple[Problem, ...]]:
    """Judge the published ones of what was just written.

    A product that goes out must keep every rule. One that is out already may go on breaking what it
    broke before (then it is a warning), and must keep the rest.

    Returns:
        Warnings by document id.

    Raises:
        NotReady: some do not pass.

    Cost: eight SQL statements whatever the number; none when nothing is published.
    """
    listed = [(product, plan) for product, plan in pairs if product.status in LISTED]
    found = gate_problems(list(facts_of([product.pk for product, _ in listed]).values()))
    failing = {pk for pk, problems in found.items() if any(map(_is_error, problems))}
    former = gate_problems([facts for pk, facts in before.items() if pk in failing])
    warnings: dict[str, tuple[Problem, ...]] = {}
    errors: dict[str, Invalid] = {}
    for product, plan in listed:
        known = {_key(each) for each in former.get(product.pk, ())}
        problems = [_placed(each, known, plan.data) for each in found.get(product.pk, ())]
        wrong = [each for each in problems if _is_error(each)]
        if wrong:
            errors[product.document_id] = Invalid(
                f"“{product}” does not pass what is asked of published products.", wrong
            )
        warnings[product.document_id] = tuple(each for each in problems if not _is_error(each))
    if errors:
        raise NotReady(errors)
    return warnings


def _is_error(problem: Problem) -> bool:
    return problem.severity == "error"


def _key(problem: Problem) -> Any:
    return problem.code, problem.pointer, problem.policy


def _placed(problem: Problem, known: set[Any], data: ProductData) -> Problem:
    severity = "warning" if _key(problem) in known else problem.severity
    return replace(problem, severity=severity, pointer=_pointer(problem.pointer, data.ports))


def _pointer(pointer: str, ports: Sequence[PortData]) -> str:
    """`/ports/table@1` → where that port stands in what was handed in."""
    name = pointer.removeprefix("/ports/")
    for at, port in enumerate(ports):
        if name == f"{port.name}@{port.major}":
            return f"{port.pointer or f'/ports/{at}'}/contractId"
    return pointer


def products_changed(events: Sequence[OutboxEvent]) -> None:
    """Outbox `product.changed` and `product.measured`: what the policies say of them now."""
    subjects_changed("product", events)
