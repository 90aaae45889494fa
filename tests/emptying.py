"""Emptied tables after a test that commits, without making the files of all tables anew.

TRUNCATE of some 130 tables with their indexes takes half a second of CPU; deleting the few rows of
the few tables that have any is done in a twentieth of it. The server does it in one function, whose
plans it keeps: asking all tables from here took longer than all the rest.
"""

from functools import cache

from django.core.management import call_command
from django.db import connection, transaction

KEPT = {"django_content_type", "auth_permission"}  # from the models, as after migrations
MANY = 2_000  # rows; from here on TRUNCATE is quicker
ROUNDS = 3  # triggers write rows about what is deleted

FUNCTION = """
CREATE OR REPLACE FUNCTION emptied_after_a_test() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    found boolean;
BEGIN
    LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE;
    {refuse_many}
    FOR round IN 1..{rounds} LOOP
        found := false;
        {delete}
        IF NOT found THEN RETURN true; END IF;
    END LOOP;
    RETURN false;
END $$
"""
REFUSE_MANY = "IF EXISTS (SELECT FROM {table} OFFSET {many}) THEN RETURN false; END IF;"
DELETE = "IF EXISTS (SELECT FROM {table}) THEN DELETE FROM {table}; found := true; END IF;"


def be_ready() -> None:
    """Make the function that `empty_tables` calls, once a database."""
    tables = _tables()
    text = FUNCTION.format(
        tables=", ".join(tables),
        rounds=ROUNDS + 1,  # the last finds that nothing is left
        refuse_many="\n".join(REFUSE_MANY.format(table=each, many=MANY) for each in tables),
        delete="\n".join(DELETE.format(table=each) for each in tables),
    )
    with connection.cursor() as cursor:
        cursor.execute(text)


def empty_tables() -> None:
    """Leave no row but those of `KEPT`; wait for what others are just writing.

    Sequences go on, as they do with TRUNCATE.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT emptied_after_a_test()")
        if cursor.fetchone() == (True,):
            return
    call_command("flush", verbosity=0, interactive=False, reset_sequences=False)


@cache
def _tables() -> tuple[str, ...]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(sorted(f'"{name}"' for name in set(names) - KEPT))


def filled_tables() -> list[str]:
    """The tables that have rows."""
    asked = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in _tables()
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [table for (table,) in cursor.fetchall()]
