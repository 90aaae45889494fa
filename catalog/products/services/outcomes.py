"""What became of each product that was to be saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.products.data import ProductData
from catalog.products.models import DataProduct
from core.errors import DomainError, Invalid
from core.problems import Problem

Change = Mapping[str, Any]  # {"field", "from", "to"}
LONGEST_SHOWN = 200  # characters of a value in a change
POINTERS = {"id-owned-elsewhere": "/id", "revision-differs": "/revision"}


class RevisionDiffers(DomainError):
    """Somebody else changed the product since it was read."""

    code = "revision-differs"
    status = 412


@dataclass(frozen=True)
class Outcome:
    """One item of `put_products`: saved, or refused with `error`."""

    data: ProductData
    product: DataProduct | None = None  # None: refused, and none of this id is known
    action: str = "refused"  # create, update, unchanged, refused
    changes: tuple[Change, ...] = ()
    error: DomainError | None = None
    warnings: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why it was refused; empty when it was not."""
        if self.error is None:
            return ()
        if isinstance(self.error, Invalid) and self.error.problems:
            return self.error.problems
        code = self.error.code
        return (Problem(POINTERS.get(code, ""), code, str(self.error)),)


@dataclass(frozen=True)
class Saved:
    product: DataProduct
    action: str  # create, update, unchanged
    changes: tuple[Change, ...] = ()
    warnings: tuple[Problem, ...] = field(default=())


def change(name: str, before: Any, after: Any) -> Change:
    """A field before and after; long values are cut, documents are not shown."""
    if name == "document":
        return {"field": "document", "from": None, "to": None}
    return {"field": name, "from": _shown(before), "to": _shown(after)}


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return dict(list(value.items())[:LONGEST_SHOWN])
    if isinstance(value, str | list | None):
        return value[:LONGEST_SHOWN] if value else value
    return str(value)[:LONGEST_SHOWN]
