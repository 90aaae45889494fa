"""What policies say of subjects."""

from __future__ import annotations

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from accounts.actors import Actor
from catalog.governance.extensions import Facts, Shown, example_of, subjects_of, with_added
from catalog.governance.models import Policy, PolicyVersion
from catalog.governance.selectors.policies import standing_versions
from catalog.governance.states import Outcome, PolicyState
from core import cel
from core.problems import Problem

WHAT_IF_MOST = 2_000  # subjects
WHAT_IF_CHUNK = 200
WHAT_IF_S = 5.0
WHAT_IF_SHOWN = 100  # of those that fail


@dataclass(frozen=True)
class Finding:
    """What one version says of one subject."""

    version: PolicyVersion
    outcome: Outcome
    reason: str = ""

    @property
    def blocks(self) -> bool:
        """True when the subject may not go out like that."""
        return self.outcome != Outcome.PASS and is_in_force(self.version)


@dataclass
class WhatIf:
    """What enforcing a version would mean today, for what the reader may see."""

    checked: int = 0
    failing: int = 0
    undecided: int = 0
    shown: list[tuple[Shown, Outcome, str]] = field(default_factory=list)  # the first of them
    is_partial: bool = False  # there are more subjects than were asked

    @property
    def kept(self) -> int:
        return self.checked - self.failing - self.undecided


def known_facts(kind: str) -> frozenset[str]:
    """The names that a rule on this kind may use."""
    return frozenset({*example_of(kind), "now"})


def is_in_force(version: PolicyVersion, today: dt.date | None = None) -> bool:
    """Enforced, and its grace is over: a date means the end of that day, UTC."""
    if version.state != PolicyState.ENFORCED:
        return False
    return version.grace_until is None or (today or timezone.now().date()) > version.grace_until


def applies(policy: Policy, facts: Facts) -> bool:
    """True when the subject lies in the part of the company that the policy is for."""
    if policy.domain is None:
        return True
    path = str(facts.get("domain", ""))
    return path == policy.domain.path or path.startswith(f"{policy.domain.path}.")


def findings(kind: str, subjects: Mapping[UUID, Facts]) -> dict[UUID, list[Finding]]:
    """What every version in force or in draft says of each subject. One SQL statement."""
    found: dict[UUID, list[Finding]] = defaultdict(list)
    for version in standing_versions(kind):
        for subject_id, finding in judged(version, subjects).items():
            found[subject_id].append(finding)
    return dict(found)


def judged(version: PolicyVersion, subjects: Mapping[UUID, Facts]) -> dict[UUID, Finding]:
    """What one version says of those of the subjects that it is for.

    Cost: no SQL, but for facts that a higher room adds and the rule names.
    """
    concerned = {pk: facts for pk, facts in subjects.items() if applies(version.policy, facts)}
    if not concerned:
        return {}
    known = with_added(version.policy.subject, version.rule, concerned)
    now = timezone.now().isoformat()
    verdicts = cel.decide(version.rule, [{**facts, "now": now} for facts in known.values()])
    return {
        pk: Finding(version, _outcome(verdict), verdict.reason)
        for pk, verdict in zip(concerned, verdicts, strict=True)
    }


def policy_problems(found: list[Finding]) -> list[Problem]:
    """Findings on one subject: errors where a rule is in force, warnings where it soon may be."""
    problems = [_problem(each) for each in found if each.blocks]
    blocked = {each.version.policy_id for each in found if each.blocks}
    problems += [
        _problem(each)
        for each in found
        if each.outcome == Outcome.FAIL
        and not each.blocks
        and each.version.policy_id not in blocked
    ]
    return problems


def what_if(version: PolicyVersion, actor: Actor) -> WhatIf:
    """Try a version on what the actor may see: at most 2,000 subjects and five seconds."""
    policy, result = version.policy, WhatIf()
    subjects = subjects_of(policy.subject)
    path = policy.domain.path if policy.domain else ""
    published = subjects.published(actor, path).order_by("pk")
    failing: dict[UUID, Finding] = {}
    after: UUID | None = None
    started = time.monotonic()
    while True:
        if result.checked >= WHAT_IF_MOST or time.monotonic() - started > WHAT_IF_S:
            result.is_partial = published.filter(pk__gt=after).exists()
            break
        rest = published.filter(pk__gt=after) if after else published
        ids = list(rest.values_list("pk", flat=True)[:WHAT_IF_CHUNK])
        if not ids:
            break
        after = ids[-1]
        for subject_id, finding in judged(version, subjects.facts(ids)).items():
            result.checked += 1
            result.failing += finding.outcome == Outcome.FAIL
            result.undecided += finding.outcome == Outcome.UNDECIDED
            if finding.outcome != Outcome.PASS and len(failing) < WHAT_IF_SHOWN:
                failing[subject_id] = finding
    result.shown = [
        (each, failing[each.id].outcome, failing[each.id].reason)
        for each in subjects.shown(list(failing))
    ]
    return result


def _outcome(verdict: cel.Verdict) -> Outcome:
    if verdict.value is None:
        return Outcome.UNDECIDED
    return Outcome.PASS if verdict.value else Outcome.FAIL


def _problem(finding: Finding) -> Problem:
    version, policy = finding.version, finding.version.policy
    if finding.outcome == Outcome.UNDECIDED:
        code = "policy-undecided"
        message = (
            f"“{policy.name}” could not be evaluated: {finding.reason}"
            f" Ask {policy.owner.name} to mend the rule."
        )
    else:
        code, message = "policy-failed", version.mend
    return Problem(
        "",
        code,
        message,
        "error" if finding.blocks else "warning",
        policy=policy.name,
        url=policy.get_absolute_url(),
    )
