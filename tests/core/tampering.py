"""Ways to change an audit log past the portal, as somebody with all rights could."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from django.db import connection

from core.models import AuditEvent, AuditSeal
from core.sealing import COLUMNS, FIRST, hash_of

FIELDS = ("actor", "verb", "object_kind", "object_id", "request_id")
CONTENT = ", ".join((*FIELDS, "at", "detail"))
COPIED = "INSERT INTO core_auditevent (id, {0}) SELECT %s, {0} FROM core_auditevent WHERE id = %s"
DETAILS = (
    "detail || '{\"more\": 1}'",
    "jsonb_set(detail, '{n}', '9007199254740993')",  # a double cannot tell it from ...992
    "detail - 'n'",
    "jsonb_set(detail, '{n}', '1.0')",
    "jsonb_set(detail, '{deep,text}', '\"other\"')",
)


def sql(text: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def ids() -> list[int]:
    return list(AuditEvent.objects.values_list("pk", flat=True))


def a_field(random: Random) -> None:
    field = random.choice(FIELDS)
    changed = random.choice([f"{field} || 'x'", f"left({field}, -1)", "'somebody'"])
    sql(f"UPDATE core_auditevent SET {field} = {changed} WHERE id = %s", random.choice(ids()))


def the_time(random: Random) -> None:
    changed = random.choice(["at - interval '1 microsecond'", "at + interval '1 day'"])
    sql(f"UPDATE core_auditevent SET at = {changed} WHERE id = %s", random.choice(ids()))


def the_detail(random: Random) -> None:
    changed = random.choice(DETAILS)
    sql(f"UPDATE core_auditevent SET detail = {changed} WHERE id = %s", random.choice(ids()))


def swapped_events(random: Random) -> None:
    one, other = random.sample(ids(), 2)
    for a, b in ((one, other), (other, one)):
        sql(COPIED.format(CONTENT), -a, b)
    sql("DELETE FROM core_auditevent WHERE id IN (%s, %s)", one, other)
    sql("UPDATE core_auditevent SET id = -id WHERE id < 0")


def swapped_numbers(random: Random) -> None:
    one, other = random.sample(ids(), 2)
    for before, after in ((one, -1), (other, one), (-1, other)):
        sql("UPDATE core_auditevent SET id = %s WHERE id = %s", after, before)


def swapped_seals(random: Random) -> None:
    one, other = random.sample(range(1, AuditSeal.objects.count() + 1), 2)
    for before, after in ((one, -1), (other, one), (-1, other)):
        sql("UPDATE core_auditseal SET n = %s WHERE n = %s", after, before)


def an_event_is_gone(random: Random) -> None:
    sql("DELETE FROM core_auditevent WHERE id = %s", random.choice(ids()))


def the_middle_is_cut(random: Random) -> None:
    """Events with their seals; what follows moves up, or does not."""
    last = AuditSeal.objects.count()
    first = random.randint(1, last - 2)
    end = random.randint(first, last - 1)
    _cut(first, end)
    if random.random() < 0.5:
        sql("UPDATE core_auditseal SET n = -n WHERE n > %s", end)
        sql("UPDATE core_auditseal SET n = -n - %s WHERE n < 0", end - first + 1)


def an_event_more(random: Random) -> None:
    """A copy of an old one under a number that was never given."""
    sql(COPIED.format(CONTENT), -random.randint(1, 99), random.choice(ids()))


def an_event_more_with_a_seal(random: Random) -> None:
    """In the middle, and what follows moves down."""
    number, place = -random.randint(1, 99), random.randint(1, AuditSeal.objects.count() - 1)
    sql(COPIED.format(CONTENT), number, random.choice(ids()))
    before = AuditSeal.objects.get(n=place)
    sql("UPDATE core_auditseal SET n = -n WHERE n > %s", place)
    sql("UPDATE core_auditseal SET n = -n + 1 WHERE n < 0")
    AuditSeal.objects.create(
        n=place + 1, seq=number, prev=before.hash, hash=_hash(bytes(before.hash), number)
    )


def a_seal(random: Random) -> None:
    """One of its values; also the first and the last."""
    n = random.randint(1, AuditSeal.objects.count())
    column = random.choice(["prev", "hash"])
    changed = f"set_byte({column}, %s, (get_byte({column}, 5) + %s) %% 256)"
    sql(
        f"UPDATE core_auditseal SET {column} = {changed} WHERE n = %s", 5, random.randint(1, 255), n
    )


def a_seal_is_gone(random: Random) -> None:
    sql("DELETE FROM core_auditseal WHERE n = %s", random.randint(1, AuditSeal.objects.count() - 1))


def a_seal_of_another_event(random: Random) -> None:
    n = random.randint(1, AuditSeal.objects.count())
    sql("UPDATE core_auditseal SET seq = seq + 100000 WHERE n = %s", n)


def changed_and_sealed_alone(random: Random) -> None:
    """The event and its own seal fit; what follows does not."""
    chosen = AuditSeal.objects.order_by("n")[random.randint(0, AuditSeal.objects.count() - 2)]
    sql("UPDATE core_auditevent SET actor = 'somebody' WHERE id = %s", chosen.seq)
    fitting = _hash(bytes(chosen.prev), chosen.seq)
    sql("UPDATE core_auditseal SET hash = %s WHERE n = %s", fitting, chosen.n)


def the_tail_is_cut(random: Random) -> None:
    """Only what stands outside tells."""
    first = random.randint(1, AuditSeal.objects.count())
    _cut(first, AuditSeal.objects.count())


def the_chain_is_made_anew(random: Random) -> None:
    """After a change, with all that follows: only what stands outside tells."""
    sql("UPDATE core_auditevent SET actor = actor || '!' WHERE id = %s", random.choice(ids()))
    last = FIRST
    for each in AuditSeal.objects.order_by("n"):
        following = _hash(last, each.seq)
        sql("UPDATE core_auditseal SET prev = %s, hash = %s WHERE n = %s", last, following, each.n)
        last = following


def _cut(first: int, last: int) -> None:
    sql(
        "WITH cut AS (DELETE FROM core_auditseal WHERE n BETWEEN %s AND %s RETURNING seq)"
        " DELETE FROM core_auditevent WHERE id IN (SELECT seq FROM cut)",
        first,
        last,
    )


def _hash(previous: bytes, number: int) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM core_auditevent e WHERE id = %s", [number])
        return hash_of(previous, cursor.fetchone())


Tampering = Callable[[Random], None]
WITHIN: tuple[Tampering, ...] = (
    a_field,
    the_time,
    the_detail,
    swapped_events,
    swapped_numbers,
    swapped_seals,
    an_event_is_gone,
    the_middle_is_cut,
    an_event_more,
    an_event_more_with_a_seal,
    a_seal,
    a_seal_is_gone,
    a_seal_of_another_event,
    changed_and_sealed_alone,
)
OUTSIDE: tuple[Tampering, ...] = (the_tail_is_cut, the_chain_is_made_anew)
