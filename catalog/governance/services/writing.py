"""Writing policies: each wording is a version; one is in force, one may be in draft."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from catalog.governance import policies
from catalog.governance.data import Enforcement, PolicyData
from catalog.governance.extensions import example_of, kinds
from catalog.governance.models import Policy, PolicyVersion
from catalog.governance.names import slug_of
from catalog.governance.selectors import known_facts
from catalog.governance.states import PolicyState, Severity
from core import audit, cel, outbox
from core.errors import Conflict, Invalid, InvalidTransition
from core.problems import Problem

LONGEST = {"name": 120, "words": 500, "mend": 500}
EMPTY = {
    "name": "Give the policy a name.",
    "words": "Say the rule as you would to a colleague.",
    "mend": "Say what to do when the rule is not kept.",
}


@transaction.atomic
def save_policy(
    *,
    data: PolicyData,
    actor: Actor,
    policy: Policy | None = None,
    enforcement: Enforcement | None = None,
) -> PolicyVersion:
    """Write a policy, or its next version, as a draft; with `enforcement` put it into force too.

    Scope and kind of subject stay what they were when it was made. The same content again makes
    no version.

    Raises:
        NotAllowed: `actor` may not govern that part of the company.
        Invalid: something is missing, or the rule is wrong; problems of the rule name the place.
        Conflict: there is a policy of this name.
    """
    domain = policy.domain if policy else data.domain
    policies.require_govern(actor, domain)
    problems = list(_problems(data, policy))
    if problems:
        raise Invalid("The policy cannot be saved like that.", problems)
    kept = _kept(data, policy)
    version = _versioned(kept, data, actor)
    if enforcement is not None and version.state != PolicyState.ENFORCED:
        _enforce(kept, version, enforcement.grace_until, actor)
    return version


@transaction.atomic
def enforce_policy(
    *, policy: Policy, actor: Actor, grace_until: dt.date | None = None
) -> PolicyVersion:
    """Put the draft into force in place of what was in force.

    Raises:
        NotAllowed: `actor` may not govern that part of the company.
        InvalidTransition: there is no draft.
    """
    policies.require_govern(actor, policy.domain)
    version = _locked(policy).filter(state=PolicyState.DRAFT).first()
    if version is None:
        raise InvalidTransition(f"“{policy}” has no draft that could be enforced.")
    _enforce(policy, version, grace_until, actor)
    return version


@transaction.atomic
def retire_policy(*, policy: Policy, actor: Actor) -> None:
    """Ask it of nobody any more; its versions stay.

    Raises:
        NotAllowed: `actor` may not govern that part of the company.
        InvalidTransition: it is retired already.
    """
    policies.require_govern(actor, policy.domain)
    standing = _locked(policy).exclude(state=PolicyState.RETIRED)
    if not standing.update(state=PolicyState.RETIRED):
        raise InvalidTransition(f"“{policy}” is retired already.")
    _told(policy, actor, "policy.retired")


def _locked(policy: Policy) -> QuerySet[PolicyVersion]:
    Policy.objects.select_for_update().get(pk=policy.pk)
    return PolicyVersion.objects.filter(policy=policy)


def _enforce(
    policy: Policy, version: PolicyVersion, grace_until: dt.date | None, actor: Actor
) -> None:
    standing = PolicyVersion.objects.filter(policy=policy, state=PolicyState.ENFORCED)
    standing.update(state=PolicyState.RETIRED)
    drafts = PolicyVersion.objects.filter(pk=version.pk, state=PolicyState.DRAFT)
    if not drafts.update(state=PolicyState.ENFORCED, grace_until=grace_until):
        raise InvalidTransition(f"Version {version.number} of “{policy}” is no draft any more.")
    version.state, version.grace_until = PolicyState.ENFORCED, grace_until
    until = grace_until.isoformat() if grace_until else None
    _told(policy, actor, "policy.enforced", version=version.number, grace_until=until)


def _kept(data: PolicyData, policy: Policy | None) -> Policy:
    """The policy itself, locked, with name and owner as given."""
    if policy is None:
        try:
            with transaction.atomic():
                return Policy.objects.create(
                    slug=data.slug or slug_of(data.name),
                    name=data.name.strip(),
                    owner=data.owner,
                    subject=data.subject,
                    domain=data.domain,
                )
        except IntegrityError:
            raise Conflict(f"There is a policy named “{data.name}”; choose another name.") from None
    kept = Policy.objects.select_for_update().get(pk=policy.pk)
    kept.name, kept.owner = data.name.strip(), data.owner
    kept.save(update_fields=["name", "owner"])
    kept.domain = policy.domain
    return kept


def _versioned(policy: Policy, data: PolicyData, actor: Actor) -> PolicyVersion:
    content = {
        "rule": data.rule.strip(),
        "words": data.words.strip(),
        "mend": data.mend.strip(),
        "severity": data.severity,
    }
    last = PolicyVersion.objects.filter(policy=policy).order_by("-number").first()
    if last is not None and last.state != PolicyState.RETIRED:
        last.policy = policy
        if all(getattr(last, name) == value for name, value in content.items()):
            return last
    PolicyVersion.objects.filter(policy=policy, state=PolicyState.DRAFT).update(
        state=PolicyState.RETIRED
    )
    version = PolicyVersion.objects.create(
        policy=policy,
        number=(last.number if last else 0) + 1,
        created_by=actor.name,
        **content,
    )
    _told(policy, actor, "policy.saved", version=version.number)
    return version


def _told(policy: Policy, actor: Actor, verb: str, **detail: object) -> None:
    audit.record(actor=actor.name, verb=verb, kind="policy", object_id=policy.slug, **detail)
    outbox.emit("policy.changed", key=policy.pk, policy_id=str(policy.pk))


def _problems(data: PolicyData, policy: Policy | None) -> Iterator[Problem]:
    for field, message in EMPTY.items():
        value = getattr(data, field).strip()
        if not value:
            yield Problem(f"/{field}", "empty-value", message)
        elif len(value) > LONGEST[field]:
            yield Problem(f"/{field}", "too-long", f"Use {LONGEST[field]} characters at most.")
    if data.severity not in Severity.values:
        yield Problem("/severity", "not-in-list", f"Choose one of: {', '.join(Severity.values)}.")
    kind = policy.subject if policy else data.subject
    if kind not in kinds():
        yield Problem("/subject", "not-in-list", f"Choose one of: {', '.join(kinds())}.")
        return
    yield from _rule_problems(data.rule.strip(), kind)


def _rule_problems(rule: str, kind: str) -> Iterator[Problem]:
    """What is wrong with its form, and whether it decides anything at all."""
    problems = cel.check(rule, known_facts(kind))
    for found in problems:
        yield Problem("/rule", "bad-rule", str(found), line=found.line)
    if problems or not rule:
        return
    example = {**example_of(kind), "now": timezone.now().isoformat()}
    if cel.decide(rule, [example])[0].reason == cel.NOT_A_DECISION:
        yield Problem("/rule", "bad-rule", cel.NOT_A_DECISION)
