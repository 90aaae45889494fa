"""What access has to say on the pages of products and ports."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.policies import can_act_for_team
from catalog.products.models import DataProduct, OutputPort
from catalog.quality.models import QualityCheck
from provisioning.access.selectors import Standing, can, grants_of_product, standing_of
from provisioning.access.services.examples import grant_for, has_examples, may_see_query
from provisioning.access.states import GrantState
from provisioning.drivers.protocol import Ability


def product_action(request: HttpRequest, product: DataProduct) -> SafeString | None:
    """The one action that fits the viewer: open what they have, or ask for it."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.is_visitor:
        return None
    standing = _standing(request, product)
    grant = next(iter(standing.grants.values()), None)
    waiting = next(iter(standing.waiting.values()), None)
    port = next(iter(standing.open), None)
    may_ask = port is not None and not can_act_for_team(actor, product.owner_id)
    if grant is None and waiting is None and not may_ask:
        return None
    context = {"grant": grant, "waiting": waiting, "port": port}
    return render_to_string("provisioning/access/_product_action.html", context, request)


def product_access(request: HttpRequest, product: DataProduct) -> SafeString | None:
    """The Access tab: who uses the product for what until when, as far as the viewer may know."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.is_visitor:
        return None
    grants = grants_of_product(product, actor)
    context = {
        "product": product,
        "grants": grants,
        "sees_all": actor.sees_all_metadata
        or product.owner_id in actor.team_ids
        or product.domain_id in actor.owned_domain_ids,
    }
    return render_to_string("provisioning/access/_product_access.html", context, request)


def port_access(request: HttpRequest, port: OutputPort) -> SafeString | None:
    """How the viewer stands to one port."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.is_visitor:
        return None
    standing = _standing(request, port.product)
    context = {
        "port": port,
        "grant": standing.grants.get(port.pk),
        "waiting": standing.waiting.get(port.pk),
        "can_ask": (can_ask := any(each.pk == port.pk for each in standing.open)),
        "can_write": can_ask and port.takes_writes and port.pk in standing.writable,
        "may_offer": port.pk in standing.writable
        and can_act_for_team(actor, port.product.owner_id),
    }
    return render_to_string("provisioning/access/_port_access.html", context, request)


def port_rows(request: HttpRequest, port: OutputPort) -> SafeString | None:
    """Some rows of a port, for whoever may read it."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.is_visitor:
        return None
    known: dict[object, Standing] = request.__dict__.get("access_standing", {})
    standing = known.get(port.product_id) or _standing(request, port.product)
    grant = standing.grants.get(port.pk)
    if grant is None or grant.state != GrantState.ACTIVE or not can(grant, Ability.SAMPLE):
        return None
    return render_to_string("provisioning/access/_rows.html", {"grant": grant}, request)


def _standing(request: HttpRequest, product: DataProduct) -> Standing:
    """Read once a request, however many ports the page shows."""
    known: dict[object, Standing] = request.__dict__.setdefault("access_standing", {})
    if product.pk not in known:
        known[product.pk] = standing_of(product, request.actor)  # type: ignore[attr-defined]
    return known[product.pk]


def check_examples(request: HttpRequest, check: QualityCheck) -> SafeString | None:
    """Rows that break a check, for whoever may read them."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.is_visitor or not has_examples(check) or grant_for(check, actor) is None:
        return None
    context = {"check": check}
    return render_to_string("provisioning/access/_check_examples.html", context, request)


def check_query(request: HttpRequest, check: QualityCheck) -> SafeString | None:
    """The SQL by which the portal answers a check, for its owners and those who may read the port.

    It is asked for when somebody wants to see it, for the warehouse has to say its names.
    """
    if not (check.runnable and check.active):
        return None
    if not may_see_query(check, request.actor):  # type: ignore[attr-defined]
        return None
    return render_to_string("provisioning/access/_check_query.html", {"check": check}, request)
