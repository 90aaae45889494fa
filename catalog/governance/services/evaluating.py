"""Who keeps the policies today: kept for every published subject, when it or a policy changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.db import transaction

from catalog.governance.extensions import Facts, subjects_of
from catalog.governance.models import Evaluation, Policy, PolicyVersion
from catalog.governance.selectors.judging import Finding, judged
from catalog.governance.selectors.policies import standing_versions
from catalog.governance.states import PolicyState
from core import outbox
from core.clock import db_now
from core.models import OutboxEvent

CHUNK = 500  # subjects in one transaction

Key = tuple[UUID, UUID]  # policy, subject


@transaction.atomic
def evaluate_subjects(kind: str, ids: Collection[UUID]) -> None:
    """Keep what the policies say of these subjects. A constant number of statements."""
    versions = _in_force(kind)
    if not versions:
        Evaluation.objects.filter(subject_id__in=ids).delete()
        return
    _keep(versions, ids, _published_facts(kind, ids))


def subjects_changed(kind: str, events: Iterable[OutboxEvent]) -> None:
    """Outbox: subjects, each alone or several in one event (`ids`), came, changed or went."""
    ids = {
        UUID(each)
        for event in events
        for each in event.payload.get("ids") or [event.payload[f"{kind}_id"]]
    }
    evaluate_subjects(kind, ids)


def evaluate_again(event: OutboxEvent) -> None:
    """Outbox `policy.changed`: evaluate it on all it is for, one chunk an event."""
    policy = Policy.objects.filter(pk=event.payload["policy_id"]).select_related("domain").first()
    if policy is None:
        return
    versions = [each for each in _in_force(policy.subject) if each.policy_id == policy.pk]
    if not versions:
        Evaluation.objects.filter(policy=policy).delete()
        return
    path = policy.domain.path if policy.domain else ""
    published = subjects_of(policy.subject).published(None, path).order_by("pk")
    after = event.payload.get("after")
    rest = published.filter(pk__gt=UUID(after)) if after else published
    ids = list(rest.values_list("pk", flat=True)[:CHUNK])
    _keep(versions, ids, subjects_of(policy.subject).facts(ids))
    if len(ids) == CHUNK:
        outbox.emit("policy.changed", key=policy.pk, policy_id=str(policy.pk), after=str(ids[-1]))


def _in_force(kind: str) -> list[PolicyVersion]:
    """The version of each policy that is shown: the enforced one, else the draft."""
    chosen: dict[UUID, PolicyVersion] = {}
    for version in standing_versions(kind):
        if version.policy_id not in chosen or version.state == PolicyState.ENFORCED:
            chosen[version.policy_id] = version
    return list(chosen.values())


def _published_facts(kind: str, ids: Collection[UUID]) -> Mapping[UUID, Facts]:
    subjects = subjects_of(kind)
    published = subjects.published(None).filter(pk__in=ids).values_list("pk", flat=True)
    return subjects.facts(list(published))


def _keep(
    versions: list[PolicyVersion], ids: Collection[UUID], facts: Mapping[UUID, Facts]
) -> None:
    found = {
        (version.policy_id, subject_id): finding
        for version in versions
        for subject_id, finding in judged(version, facts).items()
    }
    rows = Evaluation.objects.filter(
        policy__in=[version.policy_id for version in versions], subject_id__in=ids
    )
    before: dict[Key, tuple[int, str, dt.datetime]] = {
        (policy_id, subject_id): (pk, outcome, since)
        for pk, policy_id, subject_id, outcome, since in rows.values_list(
            "pk", "policy_id", "subject_id", "outcome", "since"
        )
    }
    gone = [pk for key, (pk, _, _) in before.items() if key not in found]
    if gone:
        Evaluation.objects.filter(pk__in=gone).delete()
    now = db_now()
    Evaluation.objects.bulk_create(
        [_row(key, finding, before.get(key), now) for key, finding in found.items()],
        update_conflicts=True,
        unique_fields=["policy", "subject_id"],
        update_fields=["version", "outcome", "reason", "since", "at"],
        batch_size=500,
    )


def _row(
    key: Key, finding: Finding, before: tuple[int, str, dt.datetime] | None, now: dt.datetime
) -> Evaluation:
    same = before is not None and before[1] == finding.outcome
    return Evaluation(
        policy_id=key[0],
        subject_id=key[1],
        version=finding.version,
        outcome=finding.outcome,
        reason=finding.reason[:300],
        since=before[2] if same and before else now,
        at=now,
    )
