"""Measuring requests: SQL statements, database time, response time, beside floors and budgets.

A budget is told, never enforced: what a machine takes says more of the machine than of the code.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from django.db import connection
from django.test import Client

from accounts.models import User

WARM_UPS = 8
SAMPLES = 100
SEED = 20261125
HOST = "localhost"


class Answered(Protocol):
    """What a request gave."""

    @property
    def status_code(self) -> int: ...


Call = Callable[[], Answered]


@dataclass(frozen=True)
class Budget:
    """What DESIGN §9 grants; None where it grants nothing in particular."""

    statements: int | None = None
    db_p95_ms: float | None = None
    response_p50_ms: float | None = None
    response_p95_ms: float | None = None
    cpu_p50_ms: float | None = None  # where the budget is a ratio: free of the machine's load


@dataclass(frozen=True)
class Case:
    """One kind of request with enough different inputs."""

    name: str
    calls: Sequence[Call]
    budget: Budget = Budget()
    expected: frozenset[int] = frozenset({200})


@dataclass(frozen=True)
class Spread:
    """Of a series of times, in ms."""

    p50: float
    p95: float

    @classmethod
    def of(cls, times_ms: Sequence[float]) -> Spread:
        ordered = sorted(times_ms)
        last = len(ordered) - 1
        return cls(ordered[last // 2], ordered[min(last, round(last * 0.95))])


@dataclass(frozen=True)
class Figure:
    """What one case took. `cpu` is of this process and of its database backend, without waiting
    for either's turn: on a busy machine it says more than the time that passed."""

    name: str
    requests: int
    statements: int  # of the request that needed most
    database: Spread
    response: Spread
    cpu: Spread
    budget: Budget = Budget()
    scans: tuple[str, ...] = ()  # big tables that were read from end to end, with the statement

    @property
    def ratio(self) -> float | None:
        """What the budget is about, as a share of it; the worst one counts."""
        shares = [
            taken / granted
            for taken, granted in (
                (self.statements, self.budget.statements),
                (self.database.p95, self.budget.db_p95_ms),
                (self.response.p50, self.budget.response_p50_ms),
                (self.response.p95, self.budget.response_p95_ms),
                (self.cpu.p50, self.budget.cpu_p50_ms),
            )
            if granted is not None
        ]
        return max(shares, default=None)

    @property
    def verdict(self) -> str:
        if self.ratio is None:
            return ""
        return "within" if self.ratio <= 1 else "over"


@dataclass(frozen=True)
class Result:
    """All figures of a suite; `extra` for what is no request."""

    suite: str
    size: dict[str, int]
    floors: list[Figure] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Statement:
    sql: str
    params: Any


class Recorder:
    """Counts statements, sums their time, and keeps them for `EXPLAIN`."""

    def __init__(self) -> None:
        self.spent_s = 0.0
        self.statements: list[Statement] = []

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.spent_s += time.perf_counter() - started
            self.statements.append(Statement(str(sql), params))


def signed_in(user: User) -> Client:
    """A browser of `user`; sign out afterwards, so that no session stays."""
    client = Client(SERVER_NAME=HOST, raise_request_exception=True)
    client.force_login(user)
    return client


def floors(client: Client) -> list[Figure]:
    """What nothing costs here: the smallest statement, and a view that does nothing."""
    return [
        measure(Case("SELECT 1", [_select_one] * SAMPLES)),
        measure(Case("empty view", [lambda: client.get("/livez")] * SAMPLES)),
    ]


def measure(case: Case) -> Figure:
    """Time each call once, after a few that warm caches; then look at the plans.

    Raises:
        RuntimeError: an answer was not what the case expects: its time would say nothing.
    """
    return measure_together([case])[0]


def measure_together(cases: Sequence[Case]) -> list[Figure]:
    """The cases by turns, so that neither order nor a busy minute tells them apart.

    Raises:
        RuntimeError: as `measure`.
    """
    takes = [Take(case) for case in cases]
    for take in takes:
        for call in take.case.calls[:WARM_UPS]:
            call()
    gc.collect()
    gc.freeze()  # nor is what is there looked through while it is measured
    for turn in range(max(len(case.calls) for case in cases)):
        for take in takes if turn % 2 else reversed(takes):
            if turn < len(take.case.calls):
                take.one(take.case.calls[turn])
    return [take.figure() for take in takes]


class Take:
    """The measurements of one case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.responses_ms: list[float] = []
        self.databases_ms: list[float] = []
        self.cpu_ms: list[float] = []
        self.most = 0  # statements
        self.statements: dict[str, Statement] = {}

    def one(self, call: Call) -> None:
        recorder = Recorder()
        used, started = cpu_ms(), time.perf_counter()
        with connection.execute_wrapper(recorder):
            answer = call()
        self.responses_ms.append((time.perf_counter() - started) * 1000)
        self.cpu_ms.append(cpu_ms() - used)
        self.databases_ms.append(recorder.spent_s * 1000)
        self.most = max(self.most, len(recorder.statements))
        self.statements.update((statement.sql, statement) for statement in recorder.statements)
        if answer.status_code not in self.case.expected:
            raise RuntimeError(f"“{self.case.name}” answered {answer.status_code}")

    def figure(self) -> Figure:
        return Figure(
            self.case.name,
            len(self.case.calls),
            self.most,
            Spread.of(self.databases_ms),
            Spread.of(self.responses_ms),
            Spread.of(self.cpu_ms),
            self.case.budget,
            tuple(found for each in self.statements.values() for found in scans(each)),
        )


def cpu_ms() -> float:
    """CPU time of this process, and of its database backend where that runs here (Linux)."""
    used = time.process_time() * 1000
    backend = getattr(connection.connection, "info", None)
    with suppress(OSError, ValueError):  # another machine, another kind of system
        place = Path(f"/proc/{backend.backend_pid}") if backend else None
        if place and "postgres" in (place / "comm").read_text():
            used += int((place / "schedstat").read_text().split()[0]) / 1e6
    return used


BIG = 5_000  # rows; a smaller table is read from end to end for good reasons


def scans(statement: Statement) -> list[str]:
    """Big tables that the plan of this statement reads from end to end."""
    if not statement.sql.lstrip().upper().startswith(("SELECT", "WITH")):
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement.sql}", statement.params)
        plan = cursor.fetchone()[0][0]["Plan"]
        names = sorted(set(_sequential(plan)))
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND reltuples > %s", [names, BIG]
        )
        big = [name for (name,) in cursor.fetchall()]
    return [f"{name}: {_short(statement.sql)}" for name in big]


def _sequential(plan: dict[str, Any]) -> list[str]:
    own = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return own + [name for child in plan.get("Plans", ()) for name in _sequential(child)]


def _short(sql: str) -> str:
    select, _, rest = sql.partition(" FROM ")
    text = rest or select
    return text if len(text) < 160 else text[:159] + "…"


@dataclass(frozen=True)
class _Done:
    status_code: int = 200


def _select_one() -> _Done:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return _Done()
