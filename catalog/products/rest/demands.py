"""`demands`: the demand board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.authentication import actor_in
from accounts.models import Domain
from catalog.products import services
from catalog.products.models import DataProduct, Demand
from catalog.products.rest import shapes
from catalog.products.selectors.demands import product_called, team_called
from catalog.products.states import DemandState
from core.errors import Invalid, NotFound
from core.idempotency import idempotent
from core.openapi import KEY, PAGING, TEXT, page_of
from core.paging import keyset_page
from core.problems import Problem
from core.rest import body_of, page_response, page_size

ORDER = ("-votes", "id")
WISH = {
    "type": "object",
    "required": ["title", "need"],
    "properties": {
        "title": TEXT,
        "need": {**TEXT, "description": "Markdown"},
        "domain": {**TEXT, "description": "path of the domain where it is expected"},
    },
}


def body_with(*names: str) -> dict[str, Any]:
    """The schema of a small JSON body of texts."""
    fields = {"type": "object", "properties": dict.fromkeys(names, TEXT)}
    return {"application/json": fields}


class DemandList(APIView):
    """Data that people ask for."""

    @extend_schema(
        operation_id="demands_list",
        parameters=[
            OpenApiParameter("state", str, enum=DemandState.values),
            OpenApiParameter("domain", str, description="with everything below it"),
            OpenApiParameter("mine", bool, description="only the caller's own"),
            *PAGING,
        ],
        responses={200: page_of(shapes.DEMAND)},
    )
    def get(self, request: Request) -> Response:
        """The most wanted first."""
        given, actor = request.query_params, actor_in(request)
        state = given.get("state", "")
        if state and state not in DemandState.values:
            choices = ", ".join(DemandState.values)
            problem = Problem("/state", "not-in-list", f"Choose one of: {choices}.")
            raise Invalid("There is no such state.", [problem])
        domain = given.get("domain", "").replace("\0", "")
        rows = Demand.objects.visible_to(actor).chosen(state=state, domain=domain)
        if given.get("mine") == "true":
            rows = rows.filter(author_id=actor.user_id)
        page = keyset_page(
            rows.for_rows(), order=ORDER, size=page_size(request), cursor=given.get("cursor")
        )
        products = _seen_products(actor, page.rows)
        return page_response(request, page, [as_dict(each, products) for each in page.rows], rows)

    @extend_schema(
        operation_id="demands_create",
        parameters=[KEY],
        request={"application/json": WISH},
        responses={201: shapes.DEMAND},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Ask for data that does not exist."""
        body = _body(request, "title", "need", "domain")
        data = services.DemandData(body["title"], body["need"], _domain(body["domain"]))
        demand = services.post_demand(data=data, actor=actor_in(request))
        place = reverse("rest:demand", kwargs={"demand_id": demand.pk}, request=request)
        return Response(_answer(request, demand), status=201, headers={"Location": place})


class DemandDetail(APIView):
    """One wish."""

    @extend_schema(operation_id="demands_retrieve", responses={200: shapes.DEMAND})
    def get(self, request: Request, demand_id: UUID) -> Response:
        """What is needed, how many need it, and what became of it."""
        return Response(_answer(request, _demand(request, demand_id)))


class DemandVote(APIView):
    """The caller's vote."""

    @extend_schema(
        operation_id="demands_vote", parameters=[KEY], request=None, responses={200: shapes.DEMAND}
    )
    @idempotent
    def post(self, request: Request, demand_id: UUID) -> Response:
        """“I need it too”; twice counts once."""
        found = _demand(request, demand_id)
        services.vote(demand=found, actor=actor_in(request))
        return Response(_answer(request, _demand(request, demand_id)))

    @extend_schema(
        parameters=[KEY],
        operation_id="demands_unvote",
        request=None,
        responses={200: shapes.DEMAND},
    )
    @idempotent
    def delete(self, request: Request, demand_id: UUID) -> Response:
        """Take the vote back."""
        found = _demand(request, demand_id)
        services.unvote(demand=found, actor=actor_in(request))
        return Response(_answer(request, _demand(request, demand_id)))


class DemandTake(APIView):
    """A team takes it up."""

    @extend_schema(
        operation_id="demands_take",
        parameters=[KEY],
        request=body_with("team"),
        responses={200: shapes.DEMAND},
    )
    @idempotent
    def post(self, request: Request, demand_id: UUID) -> Response:
        """`team`: the slug of one of the caller's teams."""
        found = _demand(request, demand_id)
        team = team_called(_body(request, "team")["team"])
        services.take_demand(demand=found, team=team, actor=actor_in(request))
        return Response(_answer(request, found))


class DemandAnswer(APIView):
    """A product answers it."""

    @extend_schema(
        operation_id="demands_answer",
        parameters=[KEY],
        request=body_with("product", "note"),
        responses={200: shapes.DEMAND},
    )
    @idempotent
    def post(self, request: Request, demand_id: UUID) -> Response:
        """`product`: its fqn; a draft is shown to the author once it is published."""
        found, body = _demand(request, demand_id), _body(request, "product", "note")
        product = product_called(actor_in(request), body["product"])
        services.answer_demand(
            demand=found, product=product, note=body["note"], actor=actor_in(request)
        )
        return Response(_answer(request, found))


class DemandDecline(APIView):
    """It will not be made."""

    @extend_schema(
        operation_id="demands_decline",
        parameters=[KEY],
        request=body_with("reason"),
        responses={200: shapes.DEMAND},
    )
    @idempotent
    def post(self, request: Request, demand_id: UUID) -> Response:
        """`reason`: why; the author may withdraw without one."""
        found = _demand(request, demand_id)
        reason = _body(request, "reason")["reason"]
        services.decline_demand(demand=found, reason=reason, actor=actor_in(request))
        return Response(_answer(request, found))


def as_dict(demand: Demand, products: Mapping[UUID, str]) -> dict[str, Any]:
    """The public form; `products`: fqn of those that the reader may see."""
    return {
        "id": str(demand.pk),
        "title": demand.title,
        "need": demand.need,
        "state": demand.state,
        "votes": demand.votes,
        "domain": demand.domain.path if demand.domain else None,
        "author": demand.author.username if demand.author else None,
        "team": demand.team.slug if demand.team else None,
        "product": products.get(demand.product_id) if demand.product_id else None,
        "answer": demand.answer,
        "url": demand.get_absolute_url(),
        "created_at": demand.created_at.isoformat(),
        "updated_at": demand.updated_at.isoformat(),
    }


def _answer(request: Request, demand: Demand) -> dict[str, Any]:
    return as_dict(demand, _seen_products(actor_in(request), [demand]))


def _seen_products(actor: Actor, rows: list[Demand]) -> dict[UUID, str]:
    named = {each.product_id for each in rows if each.product_id}
    visible = DataProduct.objects.visible_to(actor).filter(pk__in=named) if named else []
    return {each.pk: each.fqn for each in visible}


def _demand(request: Request, demand_id: UUID) -> Demand:
    found = Demand.objects.visible_to(actor_in(request)).for_rows().filter(pk=demand_id).first()
    if found is None:
        raise NotFound("There is no such demand.")
    return found


def _domain(path: str) -> Domain | None:
    found = Domain.objects.filter(path=path).first() if path else None
    if path and found is None:
        problem = Problem("/domain", "unknown-domain", f"There is no domain {path[:200]}.")
        raise Invalid("It cannot be taken like that.", [problem])
    return found


def _body(request: Request, *names: str) -> dict[str, str]:
    """The texts of the body; what is missing is "".

    Raises:
        Invalid: a value is no text.
    """
    given = body_of(request)
    wrong = [name for name in names if not isinstance(given.get(name) or "", str)]
    if wrong:
        problems = [Problem(f"/{name}", "wrong-type", "Send a text.") for name in wrong]
        raise Invalid("The body cannot be read.", problems)
    return {name: str(given.get(name) or "").replace("\0", "") for name in names}
