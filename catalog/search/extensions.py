"""What higher rooms have lists and drawings say of products beside what this room knows."""

from __future__ import annotations

from typing import Any, Protocol

from django.db.models import TextField, Value
from django.db.models.expressions import Combinable


class ProductMark(Protocol):
    """From a product's id or fqn, as the statement around it names it, to a text: the gravest open
    incident's severity; null where none is open. It is read with the rows, in their statement.
    """

    __module__: str
    __qualname__: str

    def __call__(self, *, pk: Combinable | None = None, fqn: Combinable | None = None) -> Any: ...


_marks: list[ProductMark] = []


def mark_products(mark: ProductMark) -> None:
    """Have `mark` say what is wrong with products. Called in `AppConfig.ready()`."""
    if mark not in _marks:
        _marks.append(mark)


def product_mark(*, pk: Combinable | None = None, fqn: Combinable | None = None) -> Any:
    """The expression to annotate rows by; null where nobody marks products."""
    return _marks[0](pk=pk, fqn=fqn) if _marks else Value(None, output_field=TextField())


def registrations() -> list[str]:
    """Dotted names, for the table in `docs/architecture.md`."""
    return [f"{mark.__module__}.{mark.__qualname__}" for mark in _marks]
