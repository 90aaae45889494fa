"""Parameters that the questions about lineage share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TypeVar

from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import OpenApiParameter

from catalog.lineage.states import Level
from core.errors import Invalid
from core.problems import Problem

NODE = OpenApiParameter(
    "nodeId",
    str,
    required=True,
    description="product:, port:, dataset:, job:, column: or system: and its name.",
)
DEPTH = OpenApiParameter("depth", int, description="Hops, 1 to 20.")
LEVEL = OpenApiParameter("level", str, enum=Level.values)
FIRST = OpenApiParameter("first", int)
AT = OpenApiParameter("at", str, description="A date or a moment (ISO 8601); without it: now.")


CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before")
PAGE_SIZE = OpenApiParameter("page_size", int, description="1 to 200")

T = TypeVar("T", int, None)


def number_in(query: Mapping[str, str], name: str, default: T) -> int | T:
    """A whole number; 0, which no question takes, for anything else."""
    text = query.get(name, "")
    if not text:
        return default
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0


def node_in(query: Mapping[str, str], name: str = "nodeId") -> str:
    """The id of a node, as it is written.

    Raises:
        Invalid: it is left out.
    """
    text = query.get(name, "")
    if not text:
        problem = Problem(
            f"/{name}", "required", f"Say which node, e.g. {name}=product:sales.orders."
        )
        raise Invalid("The question names no node.", [problem])
    return text


def within(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A whole number from 1 to `most`; one that is out of range is taken to the nearest."""
    return min(max(number_in(query, name, default), 1), most)


def moment_in(query: Mapping[str, str], name: str) -> dt.datetime | None:
    """A moment; of a date its end, UTC.

    Raises:
        Invalid: it is neither.
    """
    text = query.get(name, "")
    if not text:
        return None
    try:
        moment = None if len(text) == 10 else parse_datetime(text.replace(" ", "+"))
        day = parse_date(text) if len(text) == 10 else None
    except ValueError:
        moment = day = None
    if day is not None:
        moment = dt.datetime.combine(day, dt.time.max, dt.UTC)
    if moment is None:
        problem = Problem(
            f"/{name}", "not-a-moment", "Send a date or a moment, e.g. 2026-11-20 or with a time."
        )
        raise Invalid("The moment could not be read.", [problem])
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
