"""Policies, terms and classes in JSON, and what callers send of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from accounts.models import Domain, Team
from catalog.governance.data import Enforcement, PolicyData, TermData
from catalog.governance.models import ClassificationLevel, Policy, PolicyVersion, Term
from catalog.governance.selectors import PolicyRow
from catalog.governance.states import PolicyState, Severity
from core.errors import Invalid
from core.problems import Problem


def policy_as_dict(row: PolicyRow) -> dict[str, Any]:
    policy = row.policy
    return {
        "slug": policy.slug,
        "name": policy.name,
        "subject": policy.subject,
        "domain": policy.domain.path if policy.domain else None,
        "owner": policy.owner.slug,
        "state": row.state,
        "version": version_as_dict(row.version),
        "draft": version_as_dict(row.draft) if row.draft else None,
        "failing": row.failing,
        "undecided": row.undecided,
        "url": policy.get_absolute_url(),
    }


def version_as_dict(version: PolicyVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "state": version.state,
        "rule": version.rule,
        "words": version.words,
        "mend": version.mend,
        "severity": version.severity,
        "grace_until": version.grace_until,
        "created_at": version.created_at,
        "created_by": version.created_by,
    }


def term_as_dict(term: Term) -> dict[str, Any]:
    return {
        "id": str(term.pk),
        "slug": term.slug,
        "name": term.name,
        "definition": term.definition,
        "synonyms": term.synonyms,
        "domain": term.domain.path if term.domain else None,
        "owner": term.owner.slug,
        "url": term.get_absolute_url(),
        "updated_at": term.updated_at,
    }


def level_as_dict(level: ClassificationLevel) -> dict[str, Any]:
    return {
        "slug": level.slug,
        "name": level.name,
        "rank": level.rank,
        "meaning": level.meaning,
        "is_active": level.is_active,
        "needs_legal_basis": level.needs_legal_basis,
    }


def policy_data(
    given: Mapping[str, Any], policy: Policy | None
) -> tuple[PolicyData, Enforcement | None]:
    """What was sent; what is left out of a change stays as it is in the newest version.

    Raises:
        Invalid: a value is of the wrong kind, or names what is not there.
    """
    last = policy.versions.order_by("-number").first() if policy else None
    texts = {
        name: _text(given, name, getattr(last, name, "")) for name in ("rule", "words", "mend")
    }
    data = PolicyData(
        **texts,
        name=_text(given, "name", policy.name if policy else ""),
        subject=_text(given, "subject", "product"),
        severity=_text(given, "severity", last.severity if last else Severity.MEDIUM),
        owner=_team(given, policy.owner if policy else None),
        domain=policy.domain if policy else _domain(given),
    )
    state = _text(given, "state", PolicyState.DRAFT)
    if state not in {PolicyState.DRAFT, PolicyState.ENFORCED}:
        raise _wrong("/state", "not-in-list", "Choose one of: draft, enforced.")
    return data, Enforcement(day(given)) if state == PolicyState.ENFORCED else None


def term_data(given: Mapping[str, Any], term: Term | None) -> TermData:
    """As `policy_data`, of a term."""
    synonyms = given.get("synonyms", term.synonyms if term else [])
    if not isinstance(synonyms, list) or not all(isinstance(each, str) for each in synonyms):
        raise _wrong("/synonyms", "wrong-type", "Give a list of texts.")
    return TermData(
        name=_text(given, "name", term.name if term else ""),
        definition=_text(given, "definition", term.definition if term else ""),
        synonyms=synonyms,
        owner=_team(given, term.owner if term else None),
        domain=_domain(given) if "domain" in given or term is None else term.domain,
    )


def day(given: Mapping[str, Any]) -> dt.date | None:
    """`grace_until` of a body."""
    text = _text(given, "grace_until", "")
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise _wrong("/grace_until", "not-a-date", "Write the date as 2027-01-31.") from None


def _text(given: Mapping[str, Any], name: str, default: str) -> str:
    value = given.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise _wrong(f"/{name}", "wrong-type", "Give a text.")
    return value.replace("\0", "")


def _team(given: Mapping[str, Any], current: Team | None) -> Team:
    slug = _text(given, "owner", "")
    team = Team.objects.filter(slug=slug).first() if slug else current
    if team is None:
        raise _wrong("/owner", "unknown-team", "Name a team by its slug.")
    return team


def _domain(given: Mapping[str, Any]) -> Domain | None:
    path = _text(given, "domain", "")
    domain = Domain.objects.filter(path=path).first() if path else None
    if path and domain is None:
        raise _wrong("/domain", "unknown-domain", f"There is no domain {path[:80]}.")
    return domain


def _wrong(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(message, [Problem(pointer, code, message)])
