"""The pages of policies."""

from __future__ import annotations

import difflib
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actors import Actor
from catalog.governance import services
from catalog.governance.examples import EXAMPLES
from catalog.governance.extensions import Facts, Shown, example_of, kinds, subjects_of
from catalog.governance.models import Evaluation, Policy, PolicyVersion
from catalog.governance.policies import can_govern, can_govern_somewhere, require_govern
from catalog.governance.selectors import (
    known_facts,
    levels,
    policy_by_slug,
    policy_rows,
    what_if,
)
from catalog.governance.states import Outcome, PolicyState, Severity
from catalog.governance.views.forms import (
    COMPANY,
    Field,
    chosen_day,
    chosen_domain,
    chosen_team,
    domain_choices,
    mend_list,
    posted,
    problems_of,
    team_choices,
    with_errors,
)
from core import cel
from core.errors import DomainError, InvalidTransition, NotAllowed
from core.htmx import wants_fragment
from core.problems import Problem

NAMES = (
    "name", "words", "rule", "mend", "subject", "domain", "owner", "severity", "state",
    "grace_until",
)  # fmt: skip
MAX_FAILING = 100
KIND_LABELS = {"product": "Data products", "contract": "Data contracts"}
CRUMB = {"label": "Policies", "url": "/policies/"}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All policies: the rule in words, its state, who owns it, how many do not keep it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {
        "rows": policy_rows(actor),
        "levels": levels(),
        "can_write": can_govern_somewhere(actor),
        "today": timezone.now().date(),
    }
    return render(request, "catalog/governance/policies.html", context)


@require_safe
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """One policy: its versions, who does not keep it; `?what_if=<number>` tries a version."""
    return _page(request, policy_by_slug(request.actor, slug))  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write a policy."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not can_govern_somewhere(actor):
        raise NotAllowed("Only stewards and owners of domains may write policies.")
    if request.method == "POST":
        return _saved(request, None)
    subject = request.GET.get("subject", "product")
    values = {"subject": subject if subject in kinds() else "product", "severity": "medium"}
    return _form(request, None, values)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Write the next version of a policy."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = policy_by_slug(actor, slug)
    require_govern(actor, found.domain)
    if request.method == "POST":
        return _saved(request, found)
    last = found.versions.order_by("-number")[0]
    values = {
        "name": found.name,
        "words": last.words,
        "rule": last.rule,
        "mend": last.mend,
        "subject": found.subject,
        "domain": found.domain.path if found.domain else COMPANY,
        "owner": found.owner.slug,
        "severity": last.severity,
        "state": PolicyState.DRAFT.value,
    }
    return _form(request, found, values)


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """What is wrong with a rule, and what it says of the example; only a part of the form."""
    values = posted(request.POST, NAMES)
    return render(request, "catalog/governance/_check.html", checked(values))


@require_POST
def enforce(request: HttpRequest, slug: str) -> HttpResponse:
    """Put the draft into force."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = policy_by_slug(actor, slug)
    try:
        until = chosen_day(request.POST.get("grace_until", ""))
        services.enforce_policy(policy=found, actor=actor, grace_until=until)
    except NotAllowed:
        raise
    except DomainError as error:
        return _page(request, found, problems=problems_of(error), status=error.status)
    messages.success(request, f"“{found}” is enforced.")
    return redirect(found)


@require_POST
def retire(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask it of nobody any more."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = policy_by_slug(actor, slug)
    try:
        services.retire_policy(policy=found, actor=actor)
    except InvalidTransition as error:
        return _page(request, found, problems=problems_of(error), status=error.status)
    messages.success(request, f"“{found}” is retired. It is asked of nobody any more.")
    return redirect(found)


def checked(values: dict[str, str]) -> dict[str, Any]:
    """The context of `_check.html` for a form's values."""
    kind = values["subject"] if values["subject"] in kinds() else "product"
    rule = values["rule"]
    problems = cel.check(rule, known_facts(kind)) if rule else []
    verdict = None
    if rule and not problems:
        example = {**example_of(kind), "now": timezone.now().isoformat()}
        verdict = cel.decide(rule, [example])[0]
    return {"rule_problems": problems, "verdict": verdict, "has_rule": bool(rule)}


def _saved(request: HttpRequest, found: Policy | None) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    values = posted(request.POST, NAMES)
    if "check" in request.POST:  # without script, the button of the live check
        return _form(request, found, values, with_check=True)
    try:
        data = services.PolicyData(
            name=values["name"],
            rule=values["rule"],
            words=values["words"],
            mend=values["mend"],
            owner=chosen_team(values["owner"]),
            subject=found.subject if found else values["subject"],
            domain=found.domain if found else chosen_domain(actor, values["domain"]),
            severity=values["severity"] or Severity.MEDIUM,
        )
        enforcement = None
        if values["state"] == PolicyState.ENFORCED:
            enforcement = services.Enforcement(chosen_day(values["grace_until"]))
        version = services.save_policy(
            data=data, actor=actor, policy=found, enforcement=enforcement
        )
    except NotAllowed:
        raise
    except DomainError as error:
        return _form(request, found, values, problems=problems_of(error), status=error.status)
    state = "enforced" if version.state == PolicyState.ENFORCED else "a draft"
    messages.success(request, f"Version {version.number} of “{version.policy}” is {state}.")
    return redirect(version.policy)


def _page(
    request: HttpRequest, found: Policy, *, problems: list[Problem] | None = None, status: int = 200
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = policy_rows(actor, [found])[0]
    versions = list(found.versions.order_by("-number"))
    asked = request.GET.get("what_if", "")
    tried = next((each for each in versions if str(each.number) == asked), None)
    if tried is not None:
        tried.policy = found
    context = {
        "crumbs": [CRUMB, {"label": found.name}],
        "row": row,
        "policy": found,
        "kind_label": KIND_LABELS.get(found.subject, found.subject),
        "can_change": can_govern(actor, found.domain),
        "versions": _with_diffs(versions),
        "failing": _failing(found, actor),
        "tried": tried,
        "tried_result": what_if(tried, actor) if tried else None,
        "problems": mend_list([], problems or []),
        "today": timezone.now().date(),
    }
    if wants_fragment(request) and tried is not None:
        return render(request, "catalog/governance/_what_if.html", context)
    return render(request, "catalog/governance/policy.html", context, status=status)


def _with_diffs(versions: list[PolicyVersion]) -> list[dict[str, Any]]:
    """Each version, newest first, with the lines that changed since the one before."""
    found = []
    for at, version in enumerate(versions):
        before = versions[at + 1] if at + 1 < len(versions) else None
        found.append({"version": version, "diff": _diff(before, version) if before else []})
    return found


def _diff(before: PolicyVersion, after: PolicyVersion) -> list[dict[str, str]]:
    old, new = _lines(before), _lines(after)
    lines = list(difflib.unified_diff(old, new, n=0, lineterm=""))[2:]
    return [{"sign": line[0], "text": line[1:]} for line in lines if line.startswith(("+", "-"))]


def _lines(version: PolicyVersion) -> list[str]:
    return [
        f"In words: {version.words}",
        *version.rule.splitlines(),
        f"To mend it: {version.mend}",
        f"Severity: {version.get_severity_display()}",
    ]


def _failing(found: Policy, actor: Actor) -> list[dict[str, Any]]:
    """Who does not keep it, longest first, as far as the reader may see them."""
    subjects = subjects_of(found.subject)
    rows = Evaluation.objects.filter(policy=found).exclude(outcome=Outcome.PASS)
    if not actor.sees_all_metadata:
        rows = rows.filter(subject_id__in=subjects.published(actor).values("pk"))
    by_id = {row.subject_id: row for row in rows.order_by("since", "id")[:MAX_FAILING]}
    shown: list[Shown] = subjects.shown(list(by_id))
    return [{"subject": each, "evaluation": by_id[each.id]} for each in shown]


def _form(
    request: HttpRequest,
    found: Policy | None,
    values: dict[str, str],
    *,
    problems: list[Problem] | None = None,
    with_check: bool = False,
    status: int = 200,
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    fields = with_errors(_fields(actor, found, values), problems or [])
    kind = values.get("subject") or "product"
    kind = kind if kind in kinds() else "product"
    example = example_of(kind)
    context: dict[str, Any] = {
        "crumbs": [CRUMB, {"label": f"Edit {found.name}" if found else "New policy"}],
        "policy": found,
        "fields": {each["name"]: each for each in fields},
        "mend": mend_list(fields, problems or []),
        "facts": _fact_rows(example),
        "examples": [each for each in EXAMPLES if each.subject == kind],
        "kind": kind,
        "kind_label": KIND_LABELS[kind],
    }
    if with_check:
        context |= checked({**dict.fromkeys(NAMES, ""), **values})
    return render(request, "catalog/governance/policy_form.html", context, status=status)


def _fact_rows(example: Facts) -> list[tuple[str, Any]]:
    """Names and values of an example, lists of things taken apart into what each thing has."""
    rows: list[tuple[str, Any]] = []
    for name, value in sorted(example.items()):
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows += [(f"{name}[0].{key}", inner) for key, inner in value[0].items()]
        else:
            rows.append((name, value))
    return rows


def _fields(actor: Actor, found: Policy | None, values: dict[str, str]) -> list[Field]:
    choices = domain_choices(actor)
    teams = team_choices(actor, found.owner if found else None)
    fields: list[Field] = [
        {"name": "name", "label": "Name", "kind": "text", "required": True},
        {"name": "words", "label": "The rule in words", "note": "as people say it",
         "kind": "textarea", "rows": 2, "required": True},
        {"name": "rule", "label": "The rule", "note": "CEL; true where it is kept",
         "kind": "textarea", "rows": 5, "mono": True, "required": True},
        {"name": "mend", "label": "How to mend it", "note": "shown to whoever does not keep it",
         "kind": "textarea", "rows": 2, "required": True},
        {"name": "severity", "label": "How much it matters", "kind": "select",
         "options": [{"value": value, "label": label} for value, label in Severity.choices]},
        {"name": "owner", "label": "Looked after by", "kind": "select", "options": teams},
        {"name": "state", "label": "From now on", "kind": "radio", "options": [
            {"value": "draft", "label": "Draft", "hint": "shown as a warning, stops nothing"},
            {"value": "enforced", "label": "Enforced",
             "hint": "what does not keep it cannot be published"}]},
        {"name": "grace_until", "label": "Only warn until", "note": "optional, with “Enforced”",
         "kind": "date"},
    ]  # fmt: skip
    if found is None:
        subjects = [{"value": kind, "label": KIND_LABELS.get(kind, kind)} for kind in kinds()]
        fields += [
            {"name": "subject", "label": "It is about", "kind": "select", "options": subjects},
            {"name": "domain", "label": "It holds for", "kind": "select", "options": choices},
        ]
    given = {"state": "draft", **values}
    return [{**each, "id": each["name"], "value": given.get(each["name"], "")} for each in fields]
