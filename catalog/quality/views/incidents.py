"""The list of incidents, one of them, and what people do about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.actors import Actor
from catalog.lineage.selectors import impact
from catalog.products.policies import can_change_product
from catalog.quality import services
from catalog.quality.models import Incident, QualitySettings
from catalog.quality.models.incidents import USUAL_HOPS
from catalog.quality.policies import can_handle_incidents
from catalog.quality.selectors import measurer_of
from catalog.quality.selectors.incidents import (
    ACTIVE,
    ALL,
    CHOICES,
    ORDER,
    Chosen,
    chosen_incidents,
    incident_by_id,
    members_of,
    results_behind,
)
from catalog.quality.states import OF_CHECK, Cause, IncidentState
from core.errors import Invalid
from core.paging import keyset_page
from core.problems import Problem
from core.rendering import duration, relative_time

BROKE: Mapping[str, str] = {  # what the moment is, of what no check tells
    Cause.LATE: "when the promise ended",
    Cause.SCORE: "when the score fell",
    Cause.MANUAL: "as reported",
}
PAGE_SIZE = 25
MINE_SHOWN = 10
AFFECTED_SHOWN = 10
MAX_TYPED = 600
TABS = {
    ACTIVE: "Unresolved",
    IncidentState.OPEN: "Open",
    IncidentState.ACKNOWLEDGED: "Acknowledged",
    IncidentState.RESOLVED: "Resolved",
    ALL: "All",
}
LABELS = {"note": "Note", "person": "Person"}


@require_GET
def incidents(request: HttpRequest) -> HttpResponse:
    """`?state=&team=&domain=&product=&mine=1`; those of the reader's own teams stand first."""
    actor = _actor(request)
    chosen = _chosen(request)
    cursor = request.GET.get("cursor")
    rows = chosen_incidents(actor, chosen)
    mine = []
    if not chosen.mine and actor.team_ids:
        mine = list(rows.of_teams_of(actor).for_rows().order_by(*ORDER)[: MINE_SHOWN + 1])
        rows = rows.exclude(product__owner__in=actor.team_ids)
    page = keyset_page(rows.for_rows(), order=ORDER, size=PAGE_SIZE, cursor=cursor)
    following = page.next_cursor
    context = {
        "chosen": chosen,
        "mine": [] if cursor else mine[:MINE_SHOWN],
        "more_mine": _address(chosen, mine="1") if len(mine) > MINE_SHOWN else "",
        "rows": page.rows,
        "tabs": [
            (label, _address(chosen, state=name), name == chosen.state)
            for name, label in TABS.items()
        ],
        "filtered": bool(chosen.team or chosen.domain or chosen.product or chosen.mine),
        "cleared_url": _address(Chosen(state=chosen.state)),
        "pager": {
            "text": f"{len(page.rows)} on this page",
            "previous": _address(chosen) if cursor else "",
            "next": _address(chosen, cursor=following) if following else "",
        },
    }
    return render(request, "catalog/quality/incidents.html", context)


@require_GET
def incident(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One incident: what broke since when, whom it reaches, what was done."""
    return _page(request, incident_by_id(_actor(request), pk))


@require_POST
def acknowledge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Somebody looks after it."""
    found = incident_by_id(_actor(request), pk)
    services.acknowledge_incident(incident=found, actor=_actor(request))
    messages.success(request, "Others see now that somebody looks after it.")
    return redirect(found)


@require_POST
def assign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`person`: a user name of the owner team; "" takes it from whoever has it."""
    person = _typed(request, "person")

    def verb(found: Incident) -> object:
        return services.assign_incident(incident=found, username=person, actor=_actor(request))

    return _done(request, pk, "assign", {"person": person}, verb)


@require_POST
def note(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A further line of the timeline."""
    text = _typed(request, "note")

    def verb(found: Incident) -> object:
        return services.note_on_incident(incident=found, note=text, actor=_actor(request))

    return _done(request, pk, "note", {"note": text}, verb)


@require_POST
def resolve(request: HttpRequest, pk: UUID) -> HttpResponse:
    """It is over; the note says what was done."""
    text = _typed(request, "note")

    def verb(found: Incident) -> object:
        done = services.resolve_incident(incident=found, note=text, actor=_actor(request))
        messages.success(request, "It is resolved. Whoever was told of it is told that it is over.")
        return done

    return _done(request, pk, "resolve", {"note": text}, verb)


def _done(
    request: HttpRequest,
    pk: UUID,
    opened: str,
    values: Mapping[str, str],
    verb: Callable[[Incident], object],
) -> HttpResponse:
    """The page again; with what was typed and what is wrong with it, when it is refused."""
    found = incident_by_id(_actor(request), pk)
    try:
        verb(found)
    except Invalid as error:
        return _page(request, found, error.problems, values=values, opened=opened)
    return redirect(found)


def _page(
    request: HttpRequest,
    found: Incident,
    problems: Sequence[Problem] = (),
    *,
    values: Mapping[str, str] | None = None,
    opened: str = "",
) -> HttpResponse:
    actor = _actor(request)
    product = found.product
    reached = impact(actor=actor, node=f"product:{product.fqn}", first=AFFECTED_SHOWN + 1)
    may_handle = can_handle_incidents(actor, product)
    settings = QualitySettings.objects.filter(product=product).first()
    context = {
        "incident": found,
        "product": product,
        "facts": _facts(found),
        "events": found.events.all()[:200],
        "results": [(each, measurer_of(each.source)) for each in results_behind(found)],
        "sees_operations": can_change_product(actor, product) or actor.sees_all_metadata,
        "affected": [row for row in reached.rows if row.distance > 0][:AFFECTED_SHOWN],
        "totals": reached.totals,
        "hops": settings.downstream_hops if settings else USUAL_HOPS,
        "may_handle": may_handle,
        "forms": _forms(found, values or {}, problems, opened) if may_handle else {},
        "opened": opened,
        "problems": _listed(problems, opened),
        "crumbs": [
            {"label": "Incidents", "url": reverse("quality:incidents")},
            {"label": found.title[:60]},
        ],
    }
    status = 422 if problems else 200
    return render(request, "catalog/quality/incident.html", context, status=status)


def _facts(found: Incident) -> list[dict[str, Any]]:
    """When it broke, was noticed, taken and ended, each with its yardstick."""
    noticed = f"{duration(found.detected_at - found.broke_at)} later"
    facts = [_moment("Broke", found.broke_at, BROKE.get(found.cause, "first bad result"))]
    facts.append(_moment("Noticed", found.detected_at, noticed))
    for label, at in (("Acknowledged", found.acknowledged_at), ("Resolved", found.resolved_at)):
        hint = f"after {duration(at - found.detected_at)}" if at else "not yet"
        facts.append(_moment(label, at, hint))
    if found.cause in OF_CHECK:
        facts.append(
            {"label": "Bad results", "value": f"{found.failures:,}", "hint": _again(found)}
        )
    return facts


def _moment(label: str, at: dt.datetime | None, hint: str) -> dict[str, Any]:
    return {"label": label, "value": relative_time(at, timezone.now()), "hint": hint}


def _again(found: Incident) -> str:
    times = found.reopened
    return f"opened again {times} time{'' if times == 1 else 's'}" if times else "since it broke"


def _forms(
    found: Incident, values: Mapping[str, str], problems: Sequence[Problem], opened: str
) -> dict[str, dict[str, Any]]:
    """The fields of the forms, by verb."""
    people = [{"value": "", "label": "Nobody"}]
    people += [{"value": name, "label": name} for name in members_of(found)]
    assigned = found.assignee.username if found.assignee else ""
    fields: dict[str, dict[str, Any]] = {
        "assign": {"kind": "select", "name": "person", "label": "Person", "options": people},
        "note": {"kind": "textarea", "name": "note", "label": "What was found or done", "rows": 3},
        "resolve": {"kind": "textarea", "name": "note", "label": "What was done", "rows": 3},
    }
    for verb, field in fields.items():
        usual = assigned if verb == "assign" else ""
        errors = [each.message for each in problems] if verb == opened else []
        field |= {"id": f"{verb}-{field['name']}", "error": " ".join(errors)}
        field["value"] = values.get(field["name"], usual) if verb == opened else usual
    return fields


def _listed(problems: Sequence[Problem], opened: str) -> list[dict[str, str]]:
    found = []
    for each in problems:
        name = each.pointer.lstrip("/")
        label = LABELS.get(name, name)
        found.append({"id": f"{opened}-{name}", "label": label, "message": each.message})
    return found


def _chosen(request: HttpRequest) -> Chosen:
    state = request.GET.get("state", ACTIVE)
    return Chosen(
        state=state if state in CHOICES else ACTIVE,
        team=_asked(request, "team"),
        domain=_asked(request, "domain"),
        product=_asked(request, "product"),
        mine=request.GET.get("mine") == "1",
    )


def _asked(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:MAX_TYPED]


def _typed(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\0", "")


def _address(chosen: Chosen, **asked: str) -> str:
    given = {
        "state": chosen.state,
        "team": chosen.team,
        "domain": chosen.domain,
        "product": chosen.product,
        "mine": "1" if chosen.mine else "",
        **asked,
    }
    if given["state"] == ACTIVE:
        del given["state"]
    said = {name: value for name, value in given.items() if value}
    url = reverse("quality:incidents")
    return f"{url}?{urlencode(said)}" if said else url


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined,no-any-return]
