"""Results that other tools send: found a port for, or kept until there is one."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.states import Scope
from catalog.lineage.keys import key_of
from catalog.products.models import OutputPort, PortDataset
from catalog.products.policies import require_product_change
from catalog.quality.formats.reading import for_port, read_results
from catalog.quality.formats.records import Report, Reported
from catalog.quality.models import QualityCheck, UnmatchedResult
from catalog.quality.rules.outside import names_of_result, outside_names
from catalog.quality.services.scoring import ResultData, record_results
from catalog.quality.states import Origin
from core import audit
from core.copying import insert_objects
from core.errors import Invalid, NotAllowed
from core.models import OutboxEvent
from core.problems import Problem, bounded

KEPT = dt.timedelta(days=30)  # an unmatched result


@dataclass
class Taken:
    """What became of what was sent; `unmatched` are the names that no port of theirs offers."""

    format: str
    received: int
    stored: int = 0
    unchanged: int = 0
    unmatched: list[dict[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@transaction.atomic
def report_results(*, body: Any, actor: Actor, port: str = "", namespace: str = "") -> Taken:
    """Take in results of any known form. What was sent before changes nothing.

    Args:
        port: fqn; all results are about it. Else each is matched by the name of its dataset to
            the ports of teams that the actor acts for.
        namespace: of the datasets, where the tool does not say one.

    Raises:
        NotAllowed: the actor's token lacks `quality:write`, or the port is another team's.
        Invalid: the form is not known, or something in the portal's own form is wrong.
    """
    if actor.is_visitor or not (actor.may(Scope.QUALITY_WRITE) or actor.may(Scope.WRITE)):
        raise NotAllowed("Sending quality results needs a token with the scope quality:write.")
    report = read_results(body, received_at=timezone.now())
    if port:
        report = for_port(report, port)
    ports = _ports_of(actor, report, namespace)
    matched = [(each, ports[at]) for at, each in enumerate(report.results) if at in ports]
    rest = [each for at, each in enumerate(report.results) if at not in ports]
    stored, outdone = record_on_ports(matched, source=report.format)
    _keep_unmatched(rest, report.format, namespace, actor)
    audit.record(
        actor=actor.name,
        verb="quality.reported",
        kind="quality",
        object_id=report.format,
        detail={"results": len(report.results), "stored": stored, "unmatched": len(rest)},
    )
    return Taken(
        format=report.format,
        received=len(report.results) + len(report.skipped),
        stored=stored,
        unchanged=len(matched) - stored,
        unmatched=_named(rest),
        problems=[*report.skipped, *bounded([*report.guessed, *outdone])],
    )


def results_of_events(events: Sequence[Any], actor: Actor) -> None:
    """Keep what OpenLineage events tell of the data, where the sender may send results, too."""
    if not (actor.may(Scope.QUALITY_WRITE) or actor.may(Scope.WRITE)):
        return
    report = read_results(list(events), received_at=timezone.now())
    ports = _ports_of(actor, report, "")
    matched = [(report.results[at], port) for at, port in ports.items()]
    record_on_ports(matched, source=report.format)


def _ports_of(actor: Actor, report: Report, namespace: str) -> dict[int, OutputPort]:
    """The port of each result, by its place; those without one are left out."""
    named = _named_ports(actor, {each.port for each in report.results if each.port})
    offers = _Offers(_datasets_of(actor, report))
    found: dict[int, OutputPort] = {}
    for at, each in enumerate(report.results):
        port = (
            named[each.port]
            if each.port
            else offers.port(each.namespace or namespace, each.dataset)
        )
        if port is not None:
            found[at] = port
    return found


def _named_ports(actor: Actor, fqns: Collection[str]) -> dict[str, OutputPort]:
    """Raises: Invalid: no such port; NotAllowed: another team's."""
    if not fqns:
        return {}
    rows = OutputPort.objects.visible_to(actor).filter(fqn__in=fqns)
    ports = {each.fqn: each for each in rows.select_related("product__owner")}
    unknown = sorted(fqns - ports.keys())
    if unknown:
        problems = [Problem("/port", "unknown-port", f"There is no port {fqn}.") for fqn in unknown]
        raise Invalid("A port is not known; nothing was kept.", problems[:200])
    for each in ports.values():
        require_product_change(actor, each.product)
    return ports


def _datasets_of(actor: Actor, report: Report) -> QuerySet[PortDataset]:
    """What the ports of the actor's teams offer; of an administrator, what is named exactly."""
    rows = PortDataset.objects.select_related("port")
    if actor.is_admin:
        return rows.filter(name__in={each.dataset for each in report.results if each.dataset})
    return rows.filter(port__product__owner__in=actor.contributor_team_ids)


class _Offers:
    """Ports by what their datasets are called: in full, or by the end of the name.

    A tool says `orders` or `shop.orders` of what lineage calls `db.shop.orders`.
    """

    def __init__(self, rows: Iterable[PortDataset]) -> None:
        self._exact: dict[tuple[str, str], OutputPort] = {}
        self._ends: dict[str, dict[UUID, OutputPort]] = defaultdict(dict)
        for row in rows:
            self._exact[row.namespace, row.name] = row.port
            parts = row.name.casefold().split(".")
            for start in range(len(parts)):
                self._ends[".".join(parts[start:])][row.port_id] = row.port

    def port(self, namespace: str, name: str) -> OutputPort | None:
        """The one port that this can be; None when there is none, or there are several."""
        if not name:
            return None
        if (namespace, name) in self._exact:
            return self._exact[namespace, name]
        found = self._ends.get(name.casefold(), {})
        return next(iter(found.values())) if len(found) == 1 else None


def record_on_ports(
    results: Sequence[tuple[Reported, OutputPort]], *, source: str
) -> tuple[int, list[Problem]]:
    """Store results on checks of ports, made where there is none.

    A result of a tool that a contract names a rule of goes to the check of this rule. A check has
    one result of a moment: of several, the last one that is told.

    Returns:
        How many were new, and a warning for each that another one of its moment outdid.
    """
    if not results:
        return 0, []
    known = _outside_checks({port.pk for _, port in results})
    stated = {
        (port.pk, each.key): check_id
        for each, port in results
        for name in names_of_result(each.key, each.name)
        if (check_id := known.get((port.pk, name)))
    }
    checks = {
        (port.pk, each.key): QualityCheck(
            port=port,
            key=each.key,
            name=each.name,
            dimension=each.dimension,
            weight=each.weight,
            active=True,
        )
        for each, port in results
        if (port.pk, each.key) not in stated
    }
    insert_objects(
        list(checks.values()),
        replace_on=["port_id", "key"],
        replaced=["name", "dimension", "weight", "active"],
    )
    told = [
        (
            each,
            ResultData(
                check_id=stated.get((port.pk, each.key)) or checks[port.pk, each.key].pk,
                outcome=each.outcome,
                at=each.at,
                evaluated=each.evaluated,
                failed=each.failed,
                value=each.value,
                message=each.message,
            ),
        )
        for each, port in results
    ]
    stored = record_results(results=[data for _, data in told], source=source)
    return stored, list(_outdone(told))


def _outdone(told: Iterable[tuple[Reported, ResultData]]) -> Iterator[Problem]:
    last: dict[tuple[int, dt.datetime], tuple[Reported, ResultData]] = {}
    for each, data in told:
        before = last.get((data.check_id, data.at))
        if before is not None and before[1] != data:
            text = f"{each.pointer} tells the same check of the same moment; that one counts."
            yield Problem(before[0].pointer, "same-moment", text, "warning")
        last[data.check_id, data.at] = each, data


def _outside_checks(port_ids: Collection[UUID]) -> dict[tuple[UUID, str], int]:
    """The rules of contracts that tools run, by what their results may be called."""
    rows = QualityCheck.objects.filter(
        port__in=port_ids, active=True, origin=Origin.CONTRACT, definition__type="custom"
    ).values_list("pk", "port_id", "definition", "name")
    return {
        (port_id, each): pk
        for pk, port_id, definition, name in rows
        for each in outside_names(definition, name)
    }


def _keep_unmatched(results: Sequence[Reported], source: str, namespace: str, actor: Actor) -> None:
    """The latest of each check, for the sender's team; what nobody claimed for a month goes."""
    team_id = min(actor.contributor_team_ids, default=None)
    if team_id is None or not results:
        return
    now = timezone.now()
    UnmatchedResult.objects.filter(team=team_id, received_at__lt=now - KEPT).delete()
    latest: dict[UUID, Reported] = {}
    for each in results:
        identity = key_of(each.namespace or namespace, each.dataset, each.key)
        if identity not in latest or latest[identity].at <= each.at:
            latest[identity] = each
    insert_objects(
        [
            UnmatchedResult(
                team_id=team_id,
                source=source,
                namespace=each.namespace or namespace,
                dataset=each.dataset,
                key=each.key,
                identity=identity,
                name=each.name,
                dimension=each.dimension,
                weight=each.weight,
                at=each.at,
                outcome=each.outcome,
                evaluated=each.evaluated,
                failed=each.failed,
                value=each.value,
                message=each.message,
                received_at=now,
            )
            for identity, each in sorted(latest.items())
        ],
        replace_on=["team_id", "identity"],
        replaced=["outcome", "at", "evaluated", "failed", "value", "message", "received_at"],
    )


def _named(results: Iterable[Reported]) -> list[dict[str, str]]:
    names = dict.fromkeys((each.namespace, each.dataset) for each in results)
    return [{"namespace": namespace, "dataset": dataset} for namespace, dataset in names]


@transaction.atomic
def match_unmatched(events: Sequence[OutboxEvent]) -> None:
    """Outbox handler of `port.changed`: what was sent before about their datasets is taken over."""
    ports = OutputPort.objects.filter(pk__in=[event.payload["port_id"] for event in events])
    teams = set(ports.values_list("product__owner_id", flat=True))
    waiting = list(UnmatchedResult.objects.filter(team__in=teams).select_for_update())
    if not waiting:
        return
    offers: dict[int, _Offers] = {}
    for team in {each.team_id for each in waiting}:
        rows = PortDataset.objects.select_related("port").filter(port__product__owner=team)
        offers[team] = _Offers(rows)
    taken: list[int] = []
    found: dict[str, list[tuple[Reported, OutputPort]]] = defaultdict(list)
    for row in waiting:
        port = offers[row.team_id].port(row.namespace, row.dataset)
        if port is not None:
            taken.append(row.pk)
            found[row.source].append((_as_reported(row), port))
    for source, results in found.items():
        record_on_ports(results, source=source)
    UnmatchedResult.objects.filter(pk__in=taken).delete()


def _as_reported(row: UnmatchedResult) -> Reported:
    return Reported(
        pointer="",
        key=row.key,
        name=row.name,
        outcome=row.outcome,
        at=row.at,
        dimension=row.dimension,
        evaluated=row.evaluated,
        failed=row.failed,
        value=row.value,
        message=row.message,
        weight=row.weight,
    )
