"""The demand board: data that people ask for and that does not exist yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.actors import Actor
from accounts.models import Domain, Team
from catalog.products import policies, services
from catalog.products.demand_forms import (
    ANSWER,
    DECLINE,
    WISH,
    fields_of,
    near_products,
    problems_of,
)
from catalog.products.models import DataProduct, Demand, DemandVote
from catalog.products.states import DemandState
from core.errors import Invalid
from core.htmx import wants_fragment
from core.paging import keyset_page
from core.problems import Problem

PAGE_SIZE = 25
MAX_TYPED = 200  # characters that a picker looks for
ORDER = ("-votes", "id")
ALL = "all"
TABS = {**dict(DemandState.choices), ALL: "All"}
MAX_ANSWERED = 3  # wishes named on a product's page


@require_GET
def demands(request: HttpRequest) -> HttpResponse:
    """`?state=open|taken|answered|declined|all&domain=&mine=1`, the most wanted first."""
    actor = _actor(request)
    state = request.GET.get("state", DemandState.OPEN)
    state = state if state in TABS else DemandState.OPEN
    domain = request.GET.get("domain", "").strip()[:MAX_TYPED].replace("\0", "")
    mine = request.GET.get("mine") == "1"
    rows = Demand.objects.visible_to(actor).chosen(
        state="" if state == ALL else state, domain=domain
    )
    if mine:
        rows = rows.filter(author_id=actor.user_id)
    cursor = request.GET.get("cursor")
    page = keyset_page(rows.for_rows(), order=ORDER, size=PAGE_SIZE, cursor=cursor)
    filters = {"domain": domain, "mine": "1" if mine else ""}
    context = {
        "rows": page.rows,
        "voted": _voted(actor, page.rows),
        "tabs": [
            (label, _address(state=name, **filters), name == state) for name, label in TABS.items()
        ],
        "state": state,
        "domain": domain,
        "mine": mine,
        "filtered": bool(domain or mine),
        "cleared_url": _address(state=state),
        "more": _address(state=state, **filters, cursor=page.next_cursor or "")
        if page.next_cursor
        else "",
        "domains": domain_options(domain),
    }
    return render(request, "catalog/products/demands.html", context)


@require_GET
def options(request: HttpRequest) -> HttpResponse:
    """Up to 20 domains for what was typed so far, as options of a datalist."""
    typed = request.GET.get("domain", "").strip()[:MAX_TYPED].replace("\0", "")
    context = {"domains": domain_options(typed)}
    return render(request, "catalog/products/_demand_domains.html", context)


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
def new(request: HttpRequest) -> HttpResponse:
    """Ask for data; what comes near is shown before the wish is posted."""
    if request.method == "GET":
        title = request.GET.get("title", "").replace("\0", "")[:MAX_TYPED]
        near = near_products(_actor(request), title)
        if wants_fragment(request):
            context = {"near": near, "title": title}
            return render(request, "catalog/products/_demand_near.html", context)
        values = {"title": title, "need": "", "domain": request.GET.get("domain", "")}
        return _form(request, values, near=near, seen=title)
    values = _posted(request, WISH)
    near = near_products(_actor(request), values["title"])
    if near and request.POST.get("seen") != values["title"]:
        return _form(request, values, near=near, seen=values["title"], is_warned=True)
    try:
        demand = services.post_demand(data=_wish(values), actor=_actor(request))
    except Invalid as error:
        return _form(request, values, error.problems, near=near, seen=values["title"])
    messages.success(request, "Your wish is on the board. Others can say that they need it too.")
    return redirect(demand)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, demand_id: UUID) -> HttpResponse:
    """Say it better, while nobody has taken it up."""
    found = _demand(request, demand_id)
    if request.method == "GET":
        domain = found.domain.path if found.domain else ""
        values = {"title": found.title, "need": found.need, "domain": domain}
        return _form(request, values, demand=found)
    values = _posted(request, WISH)
    try:
        services.edit_demand(demand=found, data=_wish(values), actor=_actor(request))
    except Invalid as error:
        return _form(request, values, error.problems, demand=found)
    return redirect(found)


@require_GET
def demand(request: HttpRequest, demand_id: UUID) -> HttpResponse:
    """One wish: what for, who else needs it, and what became of it."""
    return _page(request, _demand(request, demand_id))


@require_POST
def vote(request: HttpRequest, demand_id: UUID) -> HttpResponse:
    """`vote=1`, or `vote=0` to take it back."""
    found = _demand(request, demand_id)
    verb = services.unvote if request.POST.get("vote") == "0" else services.vote
    verb(demand=found, actor=_actor(request))
    return redirect(found)


@require_POST
def take(request: HttpRequest, demand_id: UUID) -> HttpResponse:
    """A team of mine looks after it."""
    found = _demand(request, demand_id)
    team = Team.objects.filter(slug=request.POST.get("team", "")).first()
    if team is None:
        problem = Problem("/team", "unknown-team", "Choose one of your teams.")
        return _page(request, found, [problem], opened="take")
    services.take_demand(demand=found, team=team, actor=_actor(request))
    messages.success(request, f"{team.name} looks after it now.")
    return redirect(found)


@require_POST
def answer(request: HttpRequest, demand_id: UUID) -> HttpResponse:
    """Name the product that answers it."""
    found, values = _demand(request, demand_id), _posted(request, ANSWER)
    visible = DataProduct.objects.visible_to(_actor(request)).select_related("owner")
    product = visible.filter(fqn=values["product"]).first()
    try:
        if product is None:
            problem = Problem("/product", "unknown-product", "There is no product of this name.")
            raise Invalid("This product cannot answer it.", [problem])
        services.answer_demand(
            demand=found, product=product, note=values["answer"], actor=_actor(request)
        )
    except Invalid as error:
        return _page(request, found, error.problems, values=values, opened="answer")
    messages.success(request, "Answered. Whoever asked sees the product now.")
    return redirect(found)


@require_POST
def decline(request: HttpRequest, demand_id: UUID) -> HttpResponse:
    """Say that it will not be made, and why."""
    found, values = _demand(request, demand_id), _posted(request, DECLINE)
    try:
        services.decline_demand(demand=found, reason=values["reason"], actor=_actor(request))
    except Invalid as error:
        return _page(request, found, error.problems, values=values, opened="decline")
    return redirect(found)


def answered_demands(request: HttpRequest, product: DataProduct) -> SafeString | None:
    """On a product's page: the wishes that it answers. One SQL statement."""
    visible = Demand.objects.visible_to(request.actor)  # type: ignore[attr-defined]
    found = list(visible.filter(product=product, state=DemandState.ANSWERED)[:MAX_ANSWERED])
    if not found:
        return None
    context = {"demands": found}
    return render_to_string("catalog/products/_answered_demands.html", context, request)


def domain_options(typed: str) -> list[Domain]:
    """Up to 20 domains whose path or name holds what was typed."""
    named = Domain.objects.filter(path__icontains=typed) | Domain.objects.filter(
        name__icontains=typed
    )
    return list(named.order_by("path")[:20])


def _page(
    request: HttpRequest,
    found: Demand,
    problems: Sequence[Problem] = (),
    *,
    values: Mapping[str, str] | None = None,
    opened: str = "",
) -> HttpResponse:
    actor = _actor(request)
    given, voters = values or {}, list(found.voters.select_related("user").order_by("pk")[:12])
    may_answer = policies.can_answer_demand(actor, found)
    context = {
        "demand": found,
        "product": _seen_product(actor, found),
        "voters": [each.user for each in voters],
        "more_voters": max(0, found.votes - len(voters)),
        "has_voted": any(each.user_id == actor.user_id for each in voters)
        or bool(_voted(actor, [found])),
        "is_author": policies.is_demand_author(actor, found),
        "may_vote": policies.can_vote(actor, found),
        "may_edit": policies.can_edit_demand(actor, found),
        "may_take": policies.can_take_demand(actor, found),
        "may_answer": may_answer,
        "may_decline": policies.can_decline_demand(actor, found),
        "teams": Team.objects.filter(pk__in=actor.contributor_team_ids)[:50] if may_answer else [],
        "answer_fields": fields_of(ANSWER, given, problems if opened == "answer" else ()),
        "decline_fields": fields_of(DECLINE, given, problems if opened == "decline" else ()),
        "problems": problems_of(problems),
        "opened": opened,
        "crumbs": _crumbs(found.title),
    }
    status = 422 if problems else 200
    return render(request, "catalog/products/demand.html", context, status=status)


def _form(
    request: HttpRequest,
    values: Mapping[str, str],
    problems: Sequence[Problem] = (),
    *,
    demand: Demand | None = None,
    near: Sequence[Any] = (),
    seen: str = "",
    is_warned: bool = False,
) -> HttpResponse:
    context = {
        "demand": demand,
        "fields": fields_of(WISH, values, problems),
        "problems": problems_of(problems),
        "domains": domain_options(values["domain"]),
        "near": near,
        "title": seen,
        "is_warned": is_warned,
        "crumbs": _crumbs("Change it" if demand else "Ask for data"),
    }
    status = 422 if problems else 200
    return render(request, "catalog/products/demand_form.html", context, status=status)


def _wish(values: Mapping[str, str]) -> services.DemandData:
    """What was typed, with the domain that it names.

    Raises:
        Invalid: there is no such domain.
    """
    path = values["domain"]
    domain = Domain.objects.filter(path=path).first() if path else None
    if path and domain is None:
        message = "There is no such domain; choose one from the list, or leave it empty."
        problem = Problem("/domain", "unknown-domain", message)
        raise Invalid("It cannot be taken like that.", [problem])
    return services.DemandData(values["title"], values["need"], domain)


def _posted(request: HttpRequest, names: Mapping[str, Any]) -> dict[str, str]:
    return {name: request.POST.get(name, "").replace("\0", "").strip() for name in names}


def _demand(request: HttpRequest, demand_id: UUID) -> Demand:
    visible = Demand.objects.visible_to(_actor(request)).for_rows()
    found = visible.select_related("product__owner").filter(pk=demand_id).first()
    if found is None:
        raise Http404
    return found


def _seen_product(actor: Actor, found: Demand) -> DataProduct | None:
    """What answers it, if `actor` may see it."""
    if found.product_id is None:
        return None
    visible = DataProduct.objects.visible_to(actor).select_related("owner", "domain")
    return visible.filter(pk=found.product_id).first()


def _voted(actor: Actor, rows: Sequence[Demand]) -> set[UUID]:
    """The wishes of a page for which `actor` voted."""
    votes = DemandVote.objects.filter(user=actor.user_id, demand__in=rows)
    return set(votes.values_list("demand_id", flat=True)) if rows else set()


def _address(**asked: str) -> str:
    said = {name: value for name, value in asked.items() if value}
    if said.get("state") == DemandState.OPEN:
        del said["state"]
    url = reverse("products:demands")
    return f"{url}?{urlencode(said)}" if said else url


def _crumbs(last: str) -> list[dict[str, str]]:
    return [
        {"label": "Marketplace", "url": reverse("search:marketplace")},
        {"label": "Wanted data", "url": reverse("products:demands")},
        {"label": last},
    ]


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined,no-any-return]
