"""Names and types that reach SQL come from short lists of our own."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from core.ids import uuid7
from provisioning.drivers.postgres import coltypes, labels, naming
from provisioning.drivers.postgres.labels import Label


@given(st.lists(st.text(max_size=80), max_size=20))
def test_names_are_safe_distinct_and_the_same_each_time(texts: list[str]) -> None:
    names = naming.allocate(texts, prefix="c")

    assert all(naming.SAFE_NAME.match(name) for name in names.values())
    assert len(set(names.values())) == len(set(texts))
    assert naming.allocate(reversed(texts), prefix="c") == names


@given(st.lists(st.text(max_size=80), min_size=2, max_size=20, unique=True), st.data())
def test_names_that_are_taken_never_change(texts: list[str], data: st.DataObject) -> None:
    earlier = data.draw(st.lists(st.sampled_from(texts), unique=True))
    taken = naming.allocate(earlier, prefix="c")

    names = naming.allocate(texts, prefix="c", taken=taken)

    assert names.items() >= taken.items()
    assert len(set(names.values())) == len(texts)


@given(st.text(max_size=300), st.uuids())
def test_schema_and_role_names_fit(slug: str, instance_id: UUID) -> None:
    schema = naming.schema_name(slug, instance_id)

    assert naming.SAFE_NAME.match(naming.checker_role(schema))


def test_two_products_made_in_one_moment_have_two_schemas() -> None:
    names = {naming.schema_name("orders", uuid7()) for _ in range(50)}

    assert len(names) == 50


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("varchar", "text"),
        ("VARCHAR( 20 )", "character varying(20)"),
        ("decimal(10 , 2)", "numeric(10,2)"),
        ("numeric(5)", "numeric(5,0)"),
        ("double  precision", "double precision"),
        ("timestamptz", "timestamp with time zone"),
        ("char", "character(1)"),
        ("varchar(0)", None),
        ("numeric(2,5)", None),
        ("int(4)", None),
        ("text; drop table x", None),
        ("xml", None),
        ("text[]", None),
        ("money", None),
    ],
)
def test_only_listed_physical_types_are_known(written: str, canonical: str | None) -> None:
    parsed = coltypes.parse(written)

    assert (str(parsed) if parsed else None) == canonical


def test_canonical_types_are_what_postgresql_prints(catalog: psycopg.Connection) -> None:
    args = {0: (), 1: (7,), 2: (7, 2)}
    for base, (_, count) in coltypes.BASES.items():
        kind = coltypes.ColumnType(base, args[count])
        printed = catalog.execute(
            sql.SQL("SELECT pg_typeof(NULL::{})::text").format(kind.as_sql())
        ).fetchone()
        assert printed == (base,)


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("smallint", "bigint", True),
        ("bigint", "integer", False),
        ("bigint", "numeric", True),
        ("bigint", "numeric(10,2)", False),
        ("numeric(5,2)", "numeric(6,2)", True),
        ("numeric(5,2)", "numeric(6,4)", False),
        ("numeric", "numeric(9,2)", False),
        ("varchar(5)", "varchar(9)", True),
        ("varchar(9)", "varchar(5)", False),
        ("text", "varchar(5)", False),
        ("date", "text", True),
        ("date", "timestamptz", False),
        ("real", "double precision", True),
        ("jsonb", "text", True),
    ],
)
def test_a_type_is_wider_only_when_every_value_stays(old: str, new: str, kept: bool) -> None:
    before, after = coltypes.parse(old), coltypes.parse(new)

    assert before is not None
    assert after is not None
    assert coltypes.keeps_all_values(before, after) is kept


@given(st.text(max_size=100), st.uuids(), st.integers(0, 2**62), st.text(max_size=50))
def test_a_label_is_read_as_it_was_written(
    description: str, instance_id: UUID, fence: int, source: str
) -> None:
    label = Label(instance_id, fence, source)

    assert labels.read(labels.comment(description, label)) == label


def test_a_description_cannot_pretend_to_be_a_label() -> None:
    forged = labels.comment("", Label(UUID(int=1), 9))

    assert labels.read(labels.tidy(forged)) is None
    assert labels.read_source(labels.property_comment(forged, "a", "a")) is None
