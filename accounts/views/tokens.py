"""The page of API tokens: one's own, and those that act for one's teams."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.actors import Actor
from accounts.models import ApiToken, ApiTokenQuerySet, Team, User
from accounts.selectors import accounts_visible_to
from accounts.services.keys import MAX_DAYS
from accounts.states import Scope
from core.errors import DomainError, Invalid, NotFound
from core.grids import plain
from core.paging import keyset_page
from core.problems import Problem

PAGE_SIZE = 50
MOST_CHOICES = 200
TABS = (("", "Yours"), ("teams", "Of your teams"), ("ended", "Ended"))
LABELS = {"name": "Name", "for": "Acts as", "scopes": "May", "days": "Lives for"}
FIELDS_OF = {"team": "for", "service_account": "for"}
MEANING = {
    Scope.READ: "all that its user may read",
    Scope.WRITE: "ask, decide, change and send, as its user may",
    Scope.LINEAGE_WRITE: "send OpenLineage events, dbt manifests and SQL; nothing else",
    Scope.QUALITY_WRITE: "send results of checks; nothing else",
}


@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The list by tab, and the form; a new token is shown once."""
    actor = _actor(request)
    values = {"name": "", "for": "", "scopes": [Scope.READ.value], "days": "90"}
    context: dict[str, Any] = {"new_token": "", "made": None}
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        values = _posted(request)
        try:
            context["made"], context["new_token"] = _make(actor, values)
            status, values = 201, {**values, "name": ""}
        except DomainError as error:
            errors, status = _errors(error), error.status
    context |= _list_context(request, actor) | _form_context(actor, values, errors)
    return render(request, "accounts/tokens.html", context, status=status)


@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End one; back to the tab where it stood."""
    services.revoke_token(token_id=pk, actor=_actor(request))
    messages.success(request, "The token was revoked. Scripts that use it are refused from now on.")
    tab = request.POST.get("show", "")
    known = tab in {name for name, _ in TABS if name}
    answer = redirect("accounts:tokens")
    if known:
        answer["Location"] += f"?{urlencode({'show': tab})}"
    return answer


def _posted(request: HttpRequest) -> dict[str, Any]:
    given = request.POST
    typed = {name: plain(given.get(name, "")) for name in ("name", "for", "days")}
    return {**typed, "scopes": [plain(each) for each in given.getlist("scope")]}


def _make(actor: Actor, values: dict[str, Any]) -> tuple[ApiToken, str]:
    kind, _, name = values["for"].partition(":")
    days = values["days"].strip()
    data = services.TokenData(
        name=values["name"],
        scopes=values["scopes"],
        days=int(days) if days.isascii() and days.isdecimal() and len(days) < 6 else 0,
        team=_chosen(Team.objects.filter(slug=name)) if kind == "team" else None,
        account=(
            _chosen(accounts_visible_to(actor).filter(username=name, is_active=True))
            if kind == "program"
            else None
        ),
    )
    return services.make_token(data=data, actor=actor)


def _chosen(rows: Any) -> Any:
    found = rows.first()
    if found is None:
        problem = Problem("/for", "unknown-choice", "Choose one of the list.")
        raise Invalid("There is none of this name.", [problem])
    return found


def _errors(error: DomainError) -> dict[str, str]:
    """What is wrong, by field; what belongs to none stands at the empty name."""
    problems = error.problems if isinstance(error, Invalid) else ()
    found: dict[str, str] = {}
    for each in problems:
        name = each.pointer.strip("/").partition("/")[0]
        found.setdefault(FIELDS_OF.get(name, name), each.message)
    return found or {"": str(error)}


def _list_context(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    show = request.GET.get("show", "")
    if show not in {name for name, _ in TABS}:
        raise NotFound()
    page = keyset_page(
        _rows(actor, show), order=["-id"], size=PAGE_SIZE, cursor=request.GET.get("cursor")
    )
    following = {"show": show, "cursor": page.next_cursor or ""}
    return {
        "tokens": page.rows,
        "show": show,
        "tabs": [{"value": name, "label": label, "on": name == show} for name, label in TABS],
        "next": f"?{urlencode(following)}" if page.next_cursor else "",
    }


def _rows(actor: Actor, show: str) -> ApiTokenQuerySet:
    mine = Q(user=actor.user_id)
    rows = ApiToken.objects.visible_to(actor).for_lists()
    if show == "ended":
        return rows.ended().filter(mine | Q(team__in=actor.owner_team_ids))
    if show == "teams":
        return rows.live().filter(Q(team__isnull=False)).exclude(mine)
    return rows.live().filter(mine)


def _form_context(actor: Actor, values: dict[str, Any], errors: dict[str, str]) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [
        {"name": "name", "label": LABELS["name"], "note": "what will use it", "required": True},
        {"name": "for", "label": LABELS["for"], "kind": "select", "options": _choices(actor),
         "hint": "A token of a team may there what you may, and nothing else of yours; it ends "
         "with your membership. A service account stays when people leave."},
        {"name": "days", "label": LABELS["days"], "kind": "number", "min": 1, "max": MAX_DAYS,
         "note": f"days, at most {MAX_DAYS}", "required": True},
    ]  # fmt: skip
    for field in fields:
        name = str(field["name"])
        field |= {"id": name, "value": values[name], "error": errors.get(name, "")}
    scopes = [
        {"value": value, "label": label, "hint": MEANING[Scope(value)],
         "on": value in values["scopes"]}
        for value, label in Scope.choices
    ]  # fmt: skip
    return {
        "first": fields[:2],
        "last": fields[2:],
        "scopes": scopes,
        "scopes_error": errors.get("scopes", ""),
        "mend": [
            {"id": name if name in LABELS else "", "label": LABELS.get(name, ""), "message": text}
            for name, text in errors.items()
        ],
    }


def _choices(actor: Actor) -> list[dict[str, str]]:
    """Oneself, one's teams, and the service accounts of teams that one owns."""
    teams = Team.objects.filter(pk__in=actor.team_ids).order_by("name")[:MOST_CHOICES]
    programs = User.objects.filter(service_of__in=actor.owner_team_ids, is_active=True)
    return [
        {"value": "", "label": "You, with all that you may"},
        *({"value": f"team:{each.slug}", "label": f"Team {each.name}"} for each in teams),
        *(
            {"value": f"program:{each.username}", "label": f"Service account {each.username}"}
            for each in programs.order_by("username")[:MOST_CHOICES]
        ),
    ]


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
