"""The classes of data that the company uses."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.governance.models import ClassificationLevel
from core.problems import Problem, shown


def levels(*, all_of_them: bool = False) -> list[ClassificationLevel]:
    """The classes by rank; those that are no longer given only with `all_of_them`."""
    found = ClassificationLevel.objects.all()
    return list(found if all_of_them else found.filter(is_active=True))


def classification_problem(
    value: str, pointer: str, *, before: str = "", among: Sequence[str] | None = None
) -> Problem | None:
    """Why a thing cannot be of this class; what it was `before` may stay.

    Args:
        among: slugs that may be given, where they were read before; else one SQL statement.
    """
    if value in {"", before}:
        return None
    choices = [each.slug for each in levels()] if among is None else among
    if value in choices:
        return None
    message = f"“{shown(value)}” is no class of this company; choose one of: {', '.join(choices)}."
    return Problem(pointer, "not-in-list", message)
