"""Conditions that the database shall answer before it looks at the table."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, QuerySet, TextField, Value


def among(
    name: str,
    keys: Collection[UUID] | Collection[int],
    kind: str = "uuid",
    *,
    planned_once: bool = False,
) -> Func:
    """The key `name` is one of `keys`: `name = ANY('{...}'::kind[])`.

    One parameter whatever their number; `name__in=keys` takes and quotes each key by itself,
    which for hundreds of keys is a good part of a query's time.

    Args:
        planned_once: for `core.prepared`. PostgreSQL sees how few keys there are, expects ten
            where it does not look, and so plans such a statement anew each time, which takes
            longer than to find the rows; keys out of a subquery are not looked at.
    """
    before, after = ("ARRAY(SELECT unnest(", "))") if planned_once else ("", "")
    return Func(
        F(name),
        Value(f"{{{','.join(map(str, keys))}}}", output_field=TextField()),
        template=f"%(expressions)s::{kind}[]{after})",
        arg_joiner=f" = ANY({before}",
        output_field=BooleanField(),
    )


def one_of(name: str, rows: QuerySet[Any], *, key: str = "pk") -> Func:
    """The key `name` is the `key` of one of `rows`: `name = ANY(ARRAY(SELECT key ...))`.

    `rows` are read once, in their order, and then looked up in the key's index, whatever the
    database expects and also beside an OR, where `key IN (SELECT ...)` is tested on every row.
    """
    return Func(
        F(name),
        ArraySubquery(rows.values(key)),
        template="%(expressions)s)",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )
