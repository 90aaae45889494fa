"""The pages of the rules that say who decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actors import Actor
from catalog.governance.views.forms import Field, mend_list, posted, problems_of, with_errors
from core import cel
from core.errors import DomainError, Invalid, NotAllowed
from core.problems import Problem
from provisioning.requests import policies, services
from provisioning.requests.formats.outcome import (
    DAY_H,
    Outcome,
    read_outcome,
    stages_as_text,
    stages_from_text,
)
from provisioning.requests.models import DecisionRule
from provisioning.requests.selectors.back_testing import BackTest, Scope, back_test
from provisioning.requests.selectors.routing import EXAMPLE
from provisioning.requests.selectors.rules import (
    find_scope,
    rule_rows,
    rules_for_lists,
    scope_choices,
    scope_of,
    scope_text,
    visible_port,
)

NAMES = (
    "name", "scope", "condition", "outcome", "who", "hours", "escalate", "max_days", "position",
)  # fmt: skip
FIRST = {
    "condition": "true",
    "outcome": "ask",
    "who": "owner",
    "hours": str(DAY_H),
    "escalate": "steward",
    "position": "100",
}
ESCALATE = [
    {"value": "steward", "label": "The stewards"},
    {"value": "domain", "label": "The domain’s owner"},
    {"value": "platform", "label": "The platform team"},
    {"value": "", "label": "Nobody; it only shows as overdue"},
]
CRUMBS = [
    {"label": "Approvals", "url": "/approvals/"},
    {"label": "Who decides", "url": "/approvals/rules/"},
]
EXAMPLES = (
    ("A short look for a team", 'consumer.kind == "team" && duration <= 30'),
    ("Its own domain", "consumer.domain == port.domain"),
    ("Somebody who had it before", "history.granted > 0 && history.rejected == 0"),
    ("Everything", "true"),
)


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule in force that the reader may know; the nearest to a port decides."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {
        "rows": rule_rows(actor, rules_for_lists(actor)),
        "can_write": policies.can_rule_somewhere(actor),
        "crumbs": [CRUMBS[0], {"label": "Who decides"}],
    }
    return render(request, "provisioning/requests/rules.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_rule(request: HttpRequest) -> HttpResponse:
    """Write a rule; `?port=<fqn>` offers that port as its part of the company."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not policies.can_rule_somewhere(actor):
        raise NotAllowed("Only stewards and owners of domains or products say who decides.")
    if request.method == "POST":
        return _saved(request, None)
    return _form(request, None, FIRST)


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One rule: its wordings, and the form for the next one where the reader may write it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = _found(actor, pk)
    if request.method == "POST":
        policies.require_rule(actor, found.port, found.domain)
        return _saved(request, found)
    last = found.versions.all()[0]
    outcome = read_outcome(last.outcome)[0]
    values = {
        "name": found.name,
        "condition": last.condition,
        "outcome": "approve" if outcome.approves else "ask",
        "who": stages_as_text(outcome),
        "hours": str(outcome.hours),
        "escalate": outcome.escalate,
        "max_days": str(outcome.max_days or ""),
        "position": str(found.position),
    }
    return _form(request, found, values)


@require_POST
def retire_rule(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask it no more."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = _found(actor, pk)
    services.retire_rule(rule=found, actor=actor)
    messages.success(request, f"“{found}” is retired. What it has decided stays as it is.")
    return redirect("requests:rules")


@require_POST
def check_rule(request: HttpRequest) -> HttpResponse:
    """What is wrong with a rule, or what it would have decided; only a part of the form."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = _checked(posted(request.POST, NAMES), actor)
    return render(request, "provisioning/requests/_rule_check.html", context)


def outcome_of(values: dict[str, str]) -> dict[str, Any]:
    """The document that a form's values are."""
    longest = {"max_days": _number(values["max_days"])} if values["max_days"] else {}
    if values["outcome"] == "approve":
        return {"approve": True, **longest}
    return {
        "stages": stages_from_text(values["who"]),
        "hours": _number(values["hours"]),
        "escalate": values["escalate"],
        **longest,
    }


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else text


def _found(actor: Actor, pk: UUID) -> DecisionRule:
    visible = DecisionRule.objects.visible_to(actor)
    return get_object_or_404(
        visible.select_related("domain", "port__product__owner", "port__product__domain"), pk=pk
    )


def _checked(values: dict[str, str], actor: Actor) -> dict[str, Any]:
    """The context of `_rule_check.html`: the rule's faults, else its back-test."""
    condition = values["condition"]
    problems = cel.check(condition, EXAMPLE.keys()) if condition else []
    outcome, faults = read_outcome(outcome_of(values))
    tried: BackTest | None = None
    if condition and not problems and not faults:
        tried = _tried(values, outcome, actor)
    return {
        "rule_problems": problems,
        "faults": faults,
        "tried": tried,
        "has_rule": bool(condition),
    }


def _tried(values: dict[str, str], outcome: Outcome, actor: Actor) -> BackTest:
    try:
        scope = find_scope(values["scope"], actor)
    except Invalid:
        scope = Scope()
    return back_test(condition=values["condition"], outcome=outcome, scope=scope, actor=actor)


def _saved(request: HttpRequest, found: DecisionRule | None) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    values = posted(request.POST, NAMES)
    if "check" in request.POST:  # without script, the button that tries it
        return _form(request, found, values, with_check=True)
    try:
        position = _number(values["position"] or "100")
        version = services.save_rule(
            actor=actor,
            name=values["name"],
            condition=values["condition"],
            outcome=outcome_of(values),
            scope=Scope() if found else find_scope(values["scope"], actor),
            position=position if isinstance(position, int) else 0,
            rule=found,
        )
    except NotAllowed:
        raise
    except DomainError as error:
        problems = [_on_form(each) for each in problems_of(error)]
        return _form(request, found, values, problems=problems, status=error.status)
    messages.success(request, f"“{version.rule}” is in force, version {version.number}.")
    return redirect(version.rule)


def _on_form(problem: Problem) -> Problem:
    """A problem of the outcome's document, on the field that it was typed into."""
    parts = problem.pointer.split("/")
    if parts[1:2] != ["outcome"]:
        return problem
    name = {"stages": "who"}.get(parts[2], parts[2]) if len(parts) > 2 else "outcome"
    return Problem(f"/{name}", problem.code, problem.message)


def _form(
    request: HttpRequest,
    found: DecisionRule | None,
    values: dict[str, str],
    *,
    problems: list[Problem] | None = None,
    with_check: bool = False,
    status: int = 200,
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    port = visible_port(request.GET.get("port", ""), actor) if found is None else None
    choices = scope_choices(actor, port)
    fields = with_errors(_fields(choices, found, values), problems or [])
    may_change = found is None or policies.can_rule(actor, found.port, found.domain)
    scope = scope_text(scope_of(found)) if found else values.get("scope", "")
    context: dict[str, Any] = {
        "crumbs": [*CRUMBS, {"label": found.name if found else "New rule"}],
        "rule": found,
        "versions": list(found.versions.all()) if found else [],
        "may_change": may_change and (found is None or found.retired_at is None),
        "fields": {each["name"]: each for each in fields},
        "mend": mend_list(fields, problems or []),
        "facts": [(name, _shown(value)) for name, value in EXAMPLE.items()],
        "examples": EXAMPLES,
        "scope": scope,
        "check_url": reverse("requests:rule-check"),
    }
    if with_check:
        context |= _checked({**dict.fromkeys(NAMES, ""), **values, "scope": scope}, actor)
    return render(request, "provisioning/requests/rule_form.html", context, status=status)


def _shown(value: Any) -> list[tuple[str, Any]]:
    """A fact's parts, as they are written in a rule."""
    if isinstance(value, dict):
        return [(f".{name}", each) for name, each in value.items()]
    return [("", value)]


def _fields(
    choices: list[dict[str, str]], found: DecisionRule | None, values: dict[str, str]
) -> list[Field]:
    fields: list[Field] = [
        {"name": "name", "label": "Name", "kind": "text", "required": True,
         "hint": "Requesters read it: “… approves it”, “… asks for this”."},
        {"name": "condition", "label": "Where it holds", "note": "CEL; true where it does",
         "kind": "textarea", "rows": 3, "mono": True, "required": True},
        {"name": "outcome", "label": "Then", "kind": "radio", "options": [
            {"value": "approve", "label": "Approve at once", "hint": "nobody has to decide"},
            {"value": "ask", "label": "Ask people", "hint": "all sides have to agree"}]},
        {"name": "who", "label": "Who has to agree", "kind": "textarea", "rows": 3, "mono": True,
         "note": "a line for each step",
         "hint": "Those on one line decide side by side: owner + steward. Also domain, platform,"
                 " team:<slug>; owner x2 needs two of them."},
        {"name": "hours", "label": "Within", "note": "hours for each step", "kind": "number",
         "min": "1", "max": "720"},
        {"name": "escalate", "label": "Overdue goes on to", "kind": "select", "options": ESCALATE},
        {"name": "max_days", "label": "At most", "note": "days of access; optional",
         "kind": "number", "min": "1", "max": "366"},
        {"name": "position", "label": "Place", "kind": "number", "min": "1", "max": "999",
         "note": "among the rules of its part; the first that holds decides"},
    ]  # fmt: skip
    if found is None:
        fields.insert(1, {"name": "scope", "label": "For", "kind": "select", "options": choices})
    return [{**each, "id": each["name"], "value": values.get(each["name"], "")} for each in fields]
