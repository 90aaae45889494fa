"""Rows of a batch by statements that the database plans once a connection.

A batch is a short read by keys. To put it together by the ORM and to plan it takes longer than to
carry it out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

from core import prepared
from core.subqueries import among

Values = dict[str, Any]
Params = tuple[Any, ...]
ANY: Any = "?"  # stands for the keys
PLACE = f"{{{ANY}}}"  # so among the parameters; nothing that a rule compares with is written so


def rows_among(
    model: type[Model],
    columns: Sequence[str],
    ids: Collection[Any],
    *,
    key: str = "id",
    order: Sequence[str] = (),
) -> list[Values]:
    """Rows whose column `key` is one of `ids`: of what nobody is kept from, or of parents that were
    seen before.

    Args:
        columns: plain ones, whose values are as the database gives them.
        order: names of columns.
    """
    sql = _among(model, tuple(columns), key, tuple(order))
    found = prepared.ask(sql, f"{{{','.join(map(str, ids))}}}")
    return [dict(zip(columns, row, strict=True)) for row in found]


@lru_cache
def _among(model: type[Model], columns: tuple[str, ...], key: str, order: tuple[str, ...]) -> str:
    def column(name: str) -> str:
        return connection.ops.quote_name(_field(model, name).column)

    sql = (
        f"SELECT {', '.join(map(column, columns))} FROM {model._meta.db_table}"  # noqa: S608
        f" WHERE {column(key)} = ANY(ARRAY(SELECT unnest("  # as `among(planned_once=True)`
        f"%s::{_field(model, key).db_type(connection)}[])))"
    )
    return f"{sql} ORDER BY {', '.join(map(column, order))}" if order else sql


def visible_among(
    visible: QuerySet[Any], columns: Sequence[str], ids: Collection[Any]
) -> list[Values]:
    """Those of `visible` whose primary key is one of `ids`, in no order. Where the read rule keeps
    nothing away, there is nothing for the ORM to write."""
    model: Any = visible.model
    if _keeps_nothing_away(visible) and is_plain(model, tuple(columns)):
        return rows_among(model, columns, ids, key=model._meta.pk.attname)
    kind = str(model._meta.pk.db_type(connection))
    rows = visible.filter(among("pk", ids, kind, planned_once=True))
    return read(rows.order_by(), columns)


def seen_among(
    model: type[Model], actor: Hashable, columns: Sequence[str], ids: Collection[Any]
) -> list[Values]:
    """Those rows that `visible_to(actor)` lets through and whose primary key is one of `ids`, in no
    order. No statement without ids.

    The SQL of the rule is kept for an actor who comes again, equal in all that a rule may ask. So
    `visible_to` must depend on nothing else.
    """
    if not ids:
        return []
    manager: Any = model._default_manager
    if not is_plain(model, tuple(columns)):
        return visible_among(manager.visible_to(actor), columns, ids)
    sql, params = _rule(model, actor, tuple(columns))
    asked = f"{{{','.join(map(str, ids))}}}"
    found = prepared.ask(sql, *(asked if each == PLACE else each for each in params)) if sql else []
    return [dict(zip(columns, row, strict=True)) for row in found]


@lru_cache(maxsize=512)  # actors who come again
def _rule(model: type[Model], actor: Hashable, columns: tuple[str, ...]) -> tuple[str, Params]:
    """The statement with `PLACE` where the keys belong; "" where the actor sees nothing."""
    manager: Any = model._default_manager
    pk: Any = model._meta.pk
    visible = manager.visible_to(actor)
    if _keeps_nothing_away(visible):
        return _among(model, columns, pk.attname, ()), (PLACE,)
    kind = str(pk.db_type(connection))
    rows = visible.filter(among("pk", [ANY], kind, planned_once=True))
    return compiled(rows.order_by().values_list(*columns))


def compiled(rows: QuerySet[Any, Any]) -> tuple[str, Params]:
    """The statement of a query and its parameters, to be kept and asked again; "" where there can
    be no rows.

    Members of enumerations, such as states, are written into the statement: an index on the rows
    of one state serves a plan for all parameters only where the statement itself names the state.
    """
    try:
        sql, params = rows.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return "", ()
    places = iter([_literal(each) if isinstance(each, Enum) else "%s" for each in params])
    text = re.sub("%.", lambda found: next(places) if found[0] == "%s" else found[0], sql)
    return text, tuple(each for each in params if not isinstance(each, Enum))


def _literal(member: Enum) -> str:
    text = str(member.value).replace("'", "''").replace("%", "%%")
    return f"'{text}'"


def _keeps_nothing_away(rows: QuerySet[Any]) -> bool:
    """They are the whole table: no condition, no set operation, no part of a list."""
    query = rows.query
    joins = len([name for name in query.alias_map if query.alias_refcount[name]])
    return not (query.where or query.combinator or query.is_sliced or query.distinct or joins > 1)


@lru_cache
def is_plain(model: type[Model], columns: tuple[str, ...]) -> bool:
    """The values of these columns are as the database gives them."""
    fields: list[Any] = [model._meta.get_field(each) for each in columns]
    return not any(each.get_db_converters(connection) for each in fields)


def _field(model: type[Model], name: str) -> Any:
    if not is_plain(model, (name,)):
        raise TypeError(f"{name} is not as the database gives it; read it by the ORM.")
    return model._meta.get_field(name)


def read(rows: QuerySet[Any], columns: Sequence[str]) -> list[Values]:
    """`rows.values(*columns)`, for rules that the ORM has to write: only the plan is kept."""
    asked = rows.values_list(*columns)
    compiler = asked.query.get_compiler(connection=connection)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return []
    found = compiler.results_iter([prepared.ask(sql, *params)])
    return [dict(zip(columns, row, strict=True)) for row in found]
