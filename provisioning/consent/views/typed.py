"""What was typed into an answer that was refused: shown once more on the page of the grant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from core.errors import Invalid

KEY = "consent-typed"  # in the session, until the page is shown


def keep_typed(request: HttpRequest, pk: int, values: Mapping[str, str], error: Invalid) -> None:
    """Have the form filled in as it was, with what is wrong at its fields."""
    errors = {each.pointer.lstrip("/"): each.message for each in error.problems}
    request.session[KEY] = {"pk": pk, "errors": errors, **values}


def typed_before(request: HttpRequest, pk: int) -> Mapping[str, Any]:
    """What was kept for this question; it is forgotten by that."""
    kept: dict[str, Any] = request.session.get(KEY, {})
    if kept.get("pk") != pk:
        return {}
    del request.session[KEY]
    return kept
