"""Library rules: the passes over a table that answer them.

All rules about single rows share one pass, with the number of rows and the newest values. Each
set of columns that must be unique takes one of its own, unless an index says it already. Of a huge
table the rules about single rows look at a sample; what only the whole can tell never does.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import errors, sql

from provisioning.drivers.postgres import session
from provisioning.drivers.postgres.rules import WHOLE, NotEvaluable, Rule
from provisioning.drivers.postgres.rules_sql import (
    Shape,
    aggregate,
    duplicates,
    is_guaranteed,
    own_columns,
)
from provisioning.drivers.postgres.session import Connection
from provisioning.drivers.protocol import Json, RuleResult

SAMPLE_FROM = 5_000_000  # rows, by the server's own estimate
SAMPLE_ROWS = 1_000_000  # about so many are looked at then
PASS_TIMEOUT_MS = 35_000
RULE_TIMEOUT_MS = 8_000  # of a rule that has to stand alone
GUARANTEED = "A unique index of the table guarantees it."
NO_TIME = "There was no time left for it."
TOO_LONG = "It took longer than {} s."
PASSING = ("08", "40", "55P03", "57P")  # SQLSTATE of what is no fault of a rule: try again later
Aggregates = Mapping[str, sql.Composable]  # by the id of the rule


@dataclass(frozen=True)
class Sample:
    """From how many rows on a sample of about how many is looked at."""

    start: int = SAMPLE_FROM
    rows: int = SAMPLE_ROWS

    @classmethod
    def of(cls, spec: Json | None) -> Sample:
        return cls(spec["from"], spec["rows"]) if spec else cls()


@dataclass
class Passes:
    """What the passes over one table gave; `run` fills it."""

    conn: Connection
    shape: Shape
    estimate: int  # rows
    sample: Sample
    ends_at: float  # of time.monotonic()
    number: int = 0
    total: int | None = None  # rows, where they were counted
    results: dict[str, RuleResult] = field(default_factory=dict)

    def run(self, rules: Sequence[Rule]) -> None:
        """Give each of the rules a result; what fails in one does not lose the others.

        Raises:
            psycopg.Error: the server is away or busy, so that no rule has an answer.
        """
        by_id = {rule.id: rule for rule in rules}
        found = self._sound([rule for rule in rules if not rule.is_duplicates])
        sure, unsure = self._twins([rule for rule in rules if rule.is_duplicates])
        large = self.estimate >= self.sample.start
        whole = {pk: each for pk, each in found.items() if not large or by_id[pk].metric in WHOLE}
        if whole or sure:
            self._pass(by_id, whole, share=None)
        part = {pk: each for pk, each in found.items() if pk not in whole}
        if part:
            self._pass(by_id, part, share=self._share())
        for rule in sure:
            self._keep(rule, self.total or 0, 0, GUARANTEED)
        for rule in unsure:
            self._count_twins(rule)

    def _sound(self, rules: Sequence[Rule]) -> dict[str, sql.Composable]:
        """Aggregates that the server can plan; the other rules get their result here."""
        found: dict[str, sql.Composable] = {}
        for rule in rules:
            try:
                found[rule.id] = aggregate(rule, self.shape)
            except NotEvaluable as problem:
                self._trouble(rule, problem)
        try:
            self._try_out([(rule, found[rule.id]) for rule in rules if rule.id in found])
        except NotEvaluable:
            for rule in rules:
                if rule.id in found and not self._is_sound(rule, found[rule.id]):
                    del found[rule.id]
        return found

    def _is_sound(self, rule: Rule, counted: sql.Composable) -> bool:
        try:
            self._try_out([(rule, counted)])
        except NotEvaluable as problem:
            self._trouble(rule, problem)
            return False
        return True

    def _try_out(self, asked: Sequence[tuple[Rule, sql.Composable]]) -> None:
        """Plan it on no rows: a text that is no date and a wrong regular expression come to light.

        Raises:
            NotEvaluable: the server does not take it.
        """
        patterns = [rule.arguments["pattern"] for rule, _ in asked if "pattern" in rule.arguments]
        tried = [sql.SQL("'' ~ {}").format(sql.Literal(str(each))) for each in patterns]
        columns = sql.SQL(", ").join([sql.SQL("1"), *(each for _, each in asked), *tried])
        statement = sql.SQL("SELECT {} FROM {} WHERE false").format(columns, self.shape.place)
        self._execute(statement, RULE_TIMEOUT_MS)

    def _twins(self, rules: Sequence[Rule]) -> tuple[list[Rule], list[Rule]]:
        """The rules about duplicates that an index answers, and those that need a look."""
        sure: list[Rule] = []
        unsure: list[Rule] = []
        for rule in rules:
            try:
                (sure if is_guaranteed(rule, self.shape) else unsure).append(rule)
            except NotEvaluable as problem:
                self._trouble(rule, problem)
        return sure, unsure

    def _share(self) -> float:
        """Percent of the table's blocks that make a sample."""
        return max(min(100 * self.sample.rows / max(self.estimate, 1), 100), 0.000_1)

    def _pass(self, rules: Mapping[str, Rule], asked: Aggregates, share: float | None) -> None:
        """One pass that answers all; when that fails, those with a pattern stand alone: it may take
        for ever. When the others fail too, each of them does."""
        try:
            looked_at, values = self._select(asked, share, PASS_TIMEOUT_MS)
        except NotEvaluable:
            plain = {pk: each for pk, each in asked.items() if "pattern" not in rules[pk].arguments}
            if 0 < len(plain) < len(asked):
                self._pass(rules, plain, share)
                asked = {pk: each for pk, each in asked.items() if pk not in plain}
            self._apart(rules, asked, share)
            return
        if share is None:
            self.total = looked_at
        for pk, number in values.items():
            self._judge(rules[pk], looked_at, number, share)

    def _apart(self, rules: Mapping[str, Rule], asked: Aggregates, share: float | None) -> None:
        """One pass for each rule; of a table that is larger than a sample, over a sample."""
        small = share or (self._share() if self.estimate > self.sample.rows else None)
        for pk, each in asked.items():
            part = None if rules[pk].metric in WHOLE else small
            try:
                looked_at, values = self._select({pk: each}, part, RULE_TIMEOUT_MS)
            except NotEvaluable as problem:
                self._trouble(rules[pk], problem)
            else:
                self._judge(rules[pk], looked_at, values[pk], part)

    def _select(
        self, asked: Aggregates, share: float | None, timeout_ms: int
    ) -> tuple[int, dict[str, Any]]:
        """The number of rows looked at, and what each aggregate gave."""
        place: sql.Composable = self.shape.place
        if share is not None:
            place = sql.SQL("{} TABLESAMPLE SYSTEM ({})").format(place, sql.Literal(share))
        columns = sql.SQL(", ").join([sql.SQL("count(*)"), *asked.values()])
        self.number += 1
        row = self._execute(sql.SQL("SELECT {} FROM {}").format(columns, place), timeout_ms)
        looked_at, *values = row
        return looked_at, dict(zip(asked, values, strict=True))

    def _count_twins(self, rule: Rule) -> None:
        statement = duplicates(own_columns(rule, self.shape), self.shape.place)
        self.number += 1
        try:
            total, surplus = self._execute(statement, PASS_TIMEOUT_MS)
        except NotEvaluable as problem:
            self._trouble(rule, problem)
        else:
            self.total = total if self.total is None else self.total
            self._keep(rule, total, surplus)

    def _execute(self, statement: sql.Composed, timeout_ms: int) -> tuple[Any, ...]:
        """The one row of a statement, which takes at most so long and no longer than there is time.

        Raises:
            NotEvaluable: the server does not take it, or it took too long.
        """
        left_ms = int((self.ends_at - time.monotonic()) * 1000)
        if left_ms <= 0:
            raise NotEvaluable(NO_TIME)
        limit(self.conn, min(timeout_ms, left_ms))
        try:
            with self.conn.transaction():
                return self.conn.execute(statement).fetchone() or ()
        except errors.QueryCanceled:
            raise NotEvaluable(TOO_LONG.format(timeout_ms // 1000)) from None
        except psycopg.Error as error:
            passing = (error.sqlstate or "").startswith(PASSING) or error.sqlstate is None
            if self.conn.broken or passing:
                raise
            raise NotEvaluable(str(session.translated(error))) from error

    def _judge(self, rule: Rule, looked_at: int, number: float | None, share: float | None) -> None:
        if rule.metric == "age":
            self._judge_age(rule, looked_at, number)
        elif rule.metric == "rowCount":
            self._judged(rule, float(looked_at), looked_at, None, "")
        else:
            self._keep(rule, looked_at, int(number or 0), share=share)

    def _judge_age(self, rule: Rule, looked_at: int, seconds: float | None) -> None:
        if seconds is None:
            what = "There is no row." if not looked_at else "No row has a value."
            self.results[rule.id] = RuleResult(rule.id, False, None, looked_at, None, note=what)
        else:
            age = max(float(seconds), 0.0)
            note = f"The newest is {age_words(age)} old."
            self._judged(rule, age, looked_at, None, note)

    def _keep(
        self, rule: Rule, looked_at: int, bad: int, note: str = "", share: float | None = None
    ) -> None:
        total = looked_at
        if share is not None:
            total = max(looked_at, self.total or round(100 * looked_at / share))
            note = f"A sample: {looked_at:,} of about {total:,} rows."
        try:
            self.results[rule.id] = rule.judged_rows(looked_at, bad, total, note)
        except NotEvaluable as problem:
            self._trouble(rule, problem)

    def _judged(
        self, rule: Rule, number: float, looked_at: int, bad: int | None, note: str
    ) -> None:
        try:
            self.results[rule.id] = rule.judged(number, looked_at, bad, note)
        except NotEvaluable as problem:
            self._trouble(rule, problem)

    def _trouble(self, rule: Rule, problem: NotEvaluable) -> None:
        self.results[rule.id] = RuleResult(rule.id, None, error=str(problem))


def limit(conn: Connection, timeout_ms: int) -> None:
    """Statements take at most this long until the end of the transaction."""
    session.run(
        conn,
        "SELECT set_config('statement_timeout', {ms}, true)",
        ms=sql.Literal(str(timeout_ms)),
    )


def age_words(seconds: float) -> str:
    """`7260` → `2 hours`."""
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size or size == 60:
            number = int(seconds // size)
            return f"{number:,} {name}{'' if number == 1 else 's'}"
    raise AssertionError
