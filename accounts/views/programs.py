"""Pages of service accounts: programs that a team owns."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from accounts import services
from accounts.actors import Actor
from accounts.models import Team, User
from accounts.policies import require_accounts_of
from accounts.selectors import account_by_name, accounts_for_lists
from accounts.states import ServiceRole
from core.errors import DomainError, Invalid
from core.grids import plain
from core.paging import keyset_page
from core.problems import Problem

PAGE_SIZE = 50
MOST_TEAMS = 500
LABELS = {"team": "Team", "name": "Name", "purpose": "What it does", "role": "Role"}
ROLES = {
    ServiceRole.CONTRIBUTOR: "changes what the team owns, asks for access",
    ServiceRole.VIEWER: "reads what the team may see",
}


@require_http_methods(["GET", "POST"])
def programs(request: HttpRequest) -> HttpResponse:
    """Those of one's teams, and for owners the form of a new one."""
    actor = _actor(request)
    values = {"team": "", "name": "", "purpose": "", "role": ServiceRole.CONTRIBUTOR.value}
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        values = {name: plain(request.POST.get(name, "")) for name in values}
        try:
            made = _create(actor, values)
        except DomainError as error:
            errors, status = _errors(error), error.status
        else:
            messages.success(request, f"{made} is there. Make a token for it: it acts by token.")
            return redirect("accounts:programs")
    page = keyset_page(
        accounts_for_lists(actor).filter(is_active=True),
        order=["username"],
        size=PAGE_SIZE,
        cursor=request.GET.get("cursor"),
    )
    context = {
        "accounts": [(each, each.service_of_id in actor.owner_team_ids or actor.is_admin)
                     for each in page.rows],
        "next": f"?{urlencode({'cursor': page.next_cursor})}" if page.next_cursor else "",
        **_form_context(actor, values, errors),
    }  # fmt: skip
    return render(request, "accounts/programs.html", context, status=status)


@require_http_methods(["GET", "POST"])
def program_end(request: HttpRequest, name: str) -> HttpResponse:
    """Ask first: what runs with its tokens stops at once."""
    actor = _actor(request)
    account = account_by_name(actor, name)
    require_accounts_of(actor, account.service_of)
    error = ""
    if request.method == "POST":
        if request.POST.get("confirm", "").strip() == account.username:
            count = services.end_account(account=account, actor=actor)
            messages.success(request, f"{account} has ended, and {count} of its tokens.")
            return redirect("accounts:programs")
        error = f"Type {account.username} to confirm."
    field = {"name": "confirm", "id": "confirm", "label": f"Type {account.username} to confirm",
             "value": "", "error": error, "mono": True, "required": True}  # fmt: skip
    context = {"account": account, "field": field}
    return render(request, "accounts/program_end.html", context, status=422 if error else 200)


def _create(actor: Actor, values: dict[str, str]) -> User:
    team = Team.objects.filter(slug=values["team"]).first()
    if team is None:
        raise Invalid("No team.", [Problem("/team", "unknown-team", "Choose a team of yours.")])
    data = services.AccountData(
        slug=values["name"].strip(), purpose=values["purpose"], role=values["role"]
    )
    return services.create_account(team=team, data=data, actor=actor)


def _errors(error: DomainError) -> dict[str, str]:
    problems = error.problems if isinstance(error, Invalid) else ()
    found: dict[str, str] = {}
    for each in problems:
        found.setdefault(each.pointer.strip("/"), each.message)
    return found or {"name" if error.status == 409 else "": str(error)}


def _form_context(actor: Actor, values: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    """The fields of a new one; none for whom no team lets make one."""
    teams = Team.objects.order_by("name")
    if not actor.is_admin:
        teams = teams.filter(pk__in=actor.owner_team_ids)
    options = [{"value": each.slug, "label": each.name} for each in teams[:MOST_TEAMS]]
    fields: list[dict[str, Any]] = [
        {"name": "team", "kind": "select", "options": options},
        {"name": "name", "mono": True, "placeholder": "nightly-load",
         "hint": "The team's slug comes before it. It stands in the audit log, so it stays taken."},
        {"name": "purpose", "hint": "For those who find it in a log at night."},
        {"name": "role", "kind": "radio", "options": [
            {"value": role.value, "label": role.label, "hint": ROLES[role]}
            for role in ServiceRole]},
    ]  # fmt: skip
    for field in fields:
        name = field["name"]
        field |= {"id": name, "label": LABELS[name], "value": values[name], "required": True}
        field["error"] = errors.get(name, "")
    return {
        "fields": fields if options else [],
        "mend": [
            {"id": name if name in LABELS else "", "label": LABELS.get(name, ""), "message": text}
            for name, text in errors.items()
        ],
    }


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
