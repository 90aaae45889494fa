"""Conditions that the database shall answer before it looks at the table."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, QuerySet


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
