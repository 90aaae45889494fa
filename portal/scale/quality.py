"""Checks, results and scores of a synthetic catalogue."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache, partial
from random import Random

from catalog.quality.models import CheckResult, DimensionScore, QualityCheck, ScoreSnapshot
from catalog.quality.rules import Wanted, key_of, wanted_by
from catalog.quality.rules.phrases import demand_of
from catalog.quality.scores import CheckScore, ProductScore, product_score, score_of_result
from catalog.quality.services.checks import NOT_MADE
from catalog.quality.states import Origin
from portal.scale.catalogue import Measured, PortPlan
from portal.scale.documents import ContractPlan, RulePlan
from portal.scale.plan import Plan, ProductPlan
from portal.scale.tables import Table

SHARE_MEASURED = 0.7  # of listed products
SHARE_WITH_HISTORY = 0.05  # of measured products
HISTORY_DAYS = 90
SOURCES = ("portal", "soda", "great-expectations", "dbt")
EVERY_S = 86_400
STALE_AFTER = dt.timedelta(seconds=2 * EVERY_S)  # as the quality room reckons


class Quality:
    """Writes what the checks of a product said, and knows its score."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.checks = Table(
            QualityCheck,
            *("id", "port_id", "key", "name", "dimension", "weight", "definition", "every_s"),
            *("origin", "pointer", "demand", "note"),
            *("outcome", "score", "measured_at"),
        )
        self.results = Table(
            CheckResult, "check_run_id", "at", "outcome", "evaluated", "failed", "source"
        )
        self.dimensions = Table(
            DimensionScore, "product_id", "dimension", "score", "weight", "checks"
        )
        self.snapshots = Table(ScoreSnapshot, "product_id", "day", "score", "coverage")
        self.tables = [self.checks, self.results, self.dimensions, self.snapshots]

    def add(self, random: Random, product: ProductPlan, ports: list[PortPlan]) -> Measured:
        """The checks of a product, with what came of them."""
        listed = product.status in {"active", "deprecated"}
        is_measured = listed and random.random() < SHARE_MEASURED
        ago = dt.timedelta(hours=random.randrange(1, 30) if random.random() < 0.9 else 200)
        at = self.plan.today - ago
        trust = 0.75 + 0.25 * random.random()  # how often its checks pass
        scores = []
        for port in ports:
            for rule in port.contract.rules:
                ran = is_measured and random.random() < 0.93
                scores.append(self._check(random, port, rule, at if ran else None, trust))
            scores += map(partial(self._promise, port), _promises(port.contract))
        score = product_score(scores)
        if score.score is None:
            return Measured()
        for part in score.dimensions:
            row = (product.id, part.dimension, part.score, part.weight, part.checks)
            self.dimensions.add(*row)
        self._snapshots(random, product, score, at)
        stale_at = (at + STALE_AFTER).isoformat()
        return Measured(score.score, score.coverage, at.isoformat(), stale_at)

    def _check(
        self,
        random: Random,
        port: PortPlan,
        rule: RulePlan,
        at: dt.datetime | None,
        trust: float,
    ) -> CheckScore:
        check = self.checks.new_id()
        evaluated, failed, outcome = 120_000, 0, ""
        if at is not None:
            outcome = "pass" if random.random() < trust else "fail"
            failed = 0 if outcome == "pass" else random.randrange(1, 9_000)
            source = SOURCES[check % len(SOURCES)]
            self.results.add(check, at.isoformat(), outcome, evaluated, failed, source)
            if random.random() < 0.2:
                before = (at - dt.timedelta(days=1)).isoformat()
                self.results.add(check, before, "pass", evaluated, 0, source)
        score = score_of_result(outcome, evaluated=evaluated, failed=failed)
        self.checks.add(
            *(check, port.id, _key(rule), rule.name, rule.dimension, 1.0, _definition(rule)),
            *(EVERY_S, Origin.CONTRACT.value, rule.pointer, _demand(rule), NOT_MADE),
            *(outcome, score, at.isoformat() if at else None),
        )
        return CheckScore(check, rule.name, rule.dimension, 1.0, score)

    def _promise(self, port: PortPlan, wanted: Wanted) -> CheckScore:
        """A service level of the contract; it names no column, so nobody can measure it."""
        check, name = self.checks.new_id(), wanted.demand
        self.checks.add(
            *(check, port.id, wanted.key, name, wanted.dimension, wanted.weight),
            *(wanted.definition(), EVERY_S, wanted.origin, wanted.pointer, name, wanted.trouble),
            *("", None, None),
        )
        return CheckScore(check, name, wanted.dimension, wanted.weight, None)

    def _snapshots(
        self, random: Random, product: ProductPlan, score: ProductScore, at: dt.datetime
    ) -> None:
        assert score.score is not None
        self.snapshots.add(product.id, at.date().isoformat(), score.score, score.coverage)
        if random.random() >= SHARE_WITH_HISTORY:
            return
        level = score.score
        for days in range(1, HISTORY_DAYS):
            level = min(100.0, max(20.0, level + random.gauss(0, 1.2)))
            day = (at - dt.timedelta(days=days)).date().isoformat()
            self.snapshots.add(product.id, day, round(level, 2), score.coverage)


def _promises(contract: ContractPlan) -> list[Wanted]:
    moments = (
        (each.name, column.name)
        for each in contract.objects
        for column in each.columns
        if column.logical_type in ("timestamp", "date")
    )
    return _promises_of(tuple(contract.levels), next(moments, ("", "")))


@lru_cache(maxsize=10_000)
def _promises_of(levels: tuple[tuple[str, int, str], ...], moment: tuple[str, str]) -> list[Wanted]:
    """What the room of quality makes of service levels beside a first column that is a moment."""
    names = ("property", "value", "unit")
    promised = [dict(zip(names, level, strict=True)) for level in levels]
    columns = [{"name": moment[1], "logicalType": "timestamp"}] if moment[0] else []
    schema = [{"name": moment[0] or "rows", "properties": columns}]
    head = {"apiVersion": "v3.1.0", "kind": "DataContract", "id": "x", "version": "1.0.0"}
    return wanted_by({**head, "status": "active", "schema": schema, "slaProperties": promised})


def _key(rule: RulePlan) -> str:
    column = rule.property_path
    subject = f"{rule.object_name}.{column}" if column else rule.object_name
    return key_of(rule.metric, subject)


def _demand(rule: RulePlan) -> str:
    columns = [rule.property_path] if rule.property_path else []
    return demand_of(rule.metric, rule.object_name, columns, {}, rule.operator, 0, "rows")


def _definition(rule: RulePlan) -> dict[str, object]:
    return {
        "object": rule.object_name,
        "property": rule.property_path,
        "columns": [rule.property_path] if rule.property_path else [],
        "type": "library",
        "metric": rule.metric,
        "operator": rule.operator,
        "threshold": 0,
        "unit": "rows",
        "arguments": {},
        "query": "",
    }
