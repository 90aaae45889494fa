"""One's own access, and the page of a grant."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.actors import Actor
from core.errors import ConcurrencyError, Invalid, InvalidTransition, NotFound
from core.htmx import wants_fragment
from core.paging import keyset_page
from provisioning.access import policies, services
from provisioning.access.connecting import snippets
from provisioning.access.formats.narrow import narrow_in_words
from provisioning.access.models import Grant
from provisioning.access.selectors import (
    active_operation,
    can,
    consumer_of,
    grant_target,
    grants_of,
    may_ask_for,
    own_credential,
    story_lines,
    story_of,
    waiting_extension,
)
from provisioning.access.states import LIVE, GrantState
from provisioning.access.views.cart import listed_ports
from provisioning.drivers.protocol import Ability

PAGE_SIZE = 25


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """What the viewer and their teams may read; `?show=ended` what they could."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    ended = request.GET.get("show") == "ended"
    held = Grant.objects.held_by(actor).for_lists().with_use()
    wanted = held.exclude(state__in=LIVE) if ended else held.filter(state__in=LIVE)
    page = keyset_page(
        wanted, order=["-id"], size=PAGE_SIZE, cursor=request.GET.get("cursor") or None
    )
    following = f"?show={'ended' if ended else ''}&cursor={page.next_cursor}"
    context = {
        "grants": page.rows,
        "ended": ended,
        "listed": len(listed_ports(request)),
        "next": following if page.next_cursor else "",
    }
    return render(request, "provisioning/access/mine.html", context)


@require_GET
@never_cache
@vary_on_headers("HX-Request")
def grant(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A grant: its state, how to connect, one's login, and how to end it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = find_grant(actor, pk)
    if wants_fragment(request):
        return render(request, "provisioning/access/_state.html", _state(found, actor))
    return render(request, "provisioning/access/grant.html", _page(request, found, actor))


@require_POST
@never_cache
def reveal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The password, once: this answer is the only place where it ever stands."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = find_grant(actor, pk)
    try:
        credential = services.reveal_credential(grant=found, actor=actor)
    except (Invalid, InvalidTransition, NotFound) as error:
        messages.error(request, str(error))
        return redirect(found)
    *above, reader = _crumbs(found)
    crumbs = [*above, reader | {"url": found.get_absolute_url()}, {"label": "Password", "url": ""}]
    context = {"grant": found, "credential": credential, "crumbs": crumbs}
    return render(request, "provisioning/access/credential.html", context)


@require_POST
def new_password(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have a login made for the viewer, or a new password for it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = find_grant(actor, pk)
    try:
        services.new_credential(grant=found, actor=actor)
    except (Invalid, InvalidTransition, ConcurrencyError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "It is being made. That takes a few seconds.")
    return redirect(found)


@require_POST
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End the grant; the port's name must have been typed."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = find_grant(actor, pk)
    reason = request.POST.get("reason", "")
    if request.POST.get("confirm", "").strip() != found.port.name:
        error = f"Type {found.port.name} to go on."
        return _refused(request, found, actor, reason, {"confirm": error})
    try:
        services.revoke_grant(grant=found, actor=actor, reason=reason)
    except Invalid as error:
        problems = {problem.pointer.lstrip("/"): problem.message for problem in error.problems}
        return _refused(request, found, actor, reason, problems)
    except InvalidTransition as error:
        messages.info(request, str(error))
    else:
        messages.success(request, "Access ended. It is being taken away in the target.")
    return redirect(found)


def _refused(
    request: HttpRequest, found: Grant, actor: Actor, reason: str, errors: dict[str, str]
) -> HttpResponse:
    context = _page(request, found, actor) | {"revoking": True}
    context["revoke_fields"] = _revoke_fields(found, reason, errors)
    return render(request, "provisioning/access/grant.html", context, status=422)


def find_grant(actor: Actor, pk: UUID) -> Grant:
    """A grant that the actor may see, with what its pages name; else 404."""
    found = (
        Grant.objects.visible_to(actor)
        .for_lists()
        .with_use()
        .select_related("request__requester", "port__product__domain", "instance")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def _state(found: Grant, actor: Actor) -> dict[str, Any]:
    operation = active_operation(found)
    holds = policies.can_hold(actor, found)
    credential = own_credential(found, actor) if holds else None
    access = grants_of(found)
    makes_logins = access is not None and access.login is not None
    stands_alone = access is not None and access.opening is None
    renewable = makes_logins and (credential is None or can(found, Ability.ROTATE))
    return {
        "access": access,
        "makes_logins": makes_logins,
        "grant": found,
        "operation": operation,
        "changing": operation is not None or not found.is_settled,
        "credential": credential,
        "can_reveal": credential is not None
        and credential.revealed_at is None
        and found.state == GrantState.ACTIVE,
        "renewal": "Make new credentials" if stands_alone else "Make a new password",
        "can_renew": renewable and holds and found.state == GrantState.ACTIVE and operation is None,
    }


def _page(request: HttpRequest, found: Grant, actor: Actor) -> dict[str, Any]:
    state = _state(found, actor)
    credential = state["credential"]
    hows = snippets(found.port.location, credential.username if credential else "")
    chosen = request.GET.get("how", "")
    how = next((each for each in hows if each.slug == chosen), hows[0] if hows else None)
    return state | {
        "hows": hows,
        "shown": _shown(found) if found.state == GrantState.ACTIVE and not hows else {},
        "tells_use": can(found, Ability.USE),
        "how": how,
        "can_revoke": found.is_live and policies.can_revoke(actor, found),
        "revoking": "revoke" in request.GET,
        "revoke_fields": _revoke_fields(found, "", {}),
        "logins": found.credentials.filter(destroyed_at__isnull=True).count(),
        "only": narrow_in_words(found.narrow),
        "story": story_lines(story_of(found, actor)),
        "longer": waiting_extension(found) if found.is_live else None,
        "may_extend": found.state == GrantState.ACTIVE and may_ask_for(actor, consumer_of(found)),
        "crumbs": _crumbs(found),
    }


def _shown(found: Grant) -> dict[str, str]:
    """What to know of the place, where no tool's snippet says it."""
    access = grants_of(found)
    if access is None:
        return {}
    steps = found.instance.desired_spec.get("steps", [])
    opened = next((step["spec"] for step in steps if step["action"] == access.root), None)
    target = grant_target(found.port)  # knows more of the place than a step has to say
    return dict(access.shown({**(target.base if target else {}), **opened})) if opened else {}


def _revoke_fields(found: Grant, reason: str, errors: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "kind": "text",
            "name": "reason",
            "id": "reason",
            "label": "Reason",
            "note": "optional, the other side sees it",
            "value": reason,
            "error": errors.get("reason"),
        },
        {"name": "confirm", "error": errors.get("confirm"), "value": found.port.name},
    ]


def _crumbs(found: Grant) -> list[dict[str, str]]:
    product = found.port.product
    return [
        {"label": product.name, "url": product.get_absolute_url()},
        {"label": "Access", "url": f"{product.get_absolute_url()}?tab=access"},
        {"label": str(found.consumer), "url": ""},
    ]
