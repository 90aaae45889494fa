"""`targets`: where drivers may act. Secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from accounts.models import Team
from core.errors import Invalid
from core.idempotency import idempotent
from core.openapi import KEY, PAGING, TEXT, page_of, whole_list_of
from core.problems import Problem
from core.rest import body_of, list_response
from provisioning.drivers import services
from provisioning.drivers.models import Target
from provisioning.drivers.rest import shapes
from provisioning.drivers.selectors import kind_cards, target_by_slug, target_card, targets_matching

OBJECT = {"type": "object"}
TEXTS = ("slug", "name", "driver", "team")
CHANGES = {
    "name": TEXT,
    "team": {**TEXT, "description": "slug of the team that owns it"},
    "config": {**OBJECT, "description": "as `target-kinds` says; replaces what was there"},
    "secrets": {**OBJECT, "description": "texts; those left out stay as they are"},
    "save_anyway": {"type": "boolean", "description": "also if the target does not answer"},
}
TARGET = {
    "type": "object",
    "required": ["slug", "name", "driver", "team"],
    "properties": {
        "slug": TEXT,
        "driver": {**TEXT, "description": "one of `target-kinds`"},
        **CHANGES,
    },
}


class TargetKinds(APIView):
    """What can be a target."""

    @extend_schema(operation_id="target_kinds", responses={200: whole_list_of(shapes.KIND)})
    def get(self, request: Request) -> Response:
        """Each driver with the JSON Schemas of its `config` and `secrets`."""
        return Response({"results": kind_cards(), "next": None})


class Targets(APIView):
    """Registered targets."""

    @extend_schema(
        operation_id="targets_list",
        parameters=[
            OpenApiParameter("search", str, description="part of name, slug or team"),
            OpenApiParameter("driver", str, description="only those of this driver"),
            *PAGING,
        ],
        responses={200: page_of(shapes.TARGET)},
    )
    def get(self, request: Request) -> Response:
        """Targets of the caller's teams by slug; platform engineers see all."""
        given = request.query_params
        text, driver = (given.get(name, "").replace("\0", "") for name in ("search", "driver"))
        rows = targets_matching(actor_in(request), text=text, driver=driver)
        return list_response(request, rows, order=["slug"], shown=target_card)

    @extend_schema(
        operation_id="target_register",
        parameters=[KEY],
        request={"application/json": TARGET},
        responses={201: shapes.TARGET},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Register one; it must answer, unless `save_anyway`."""
        body = body_of(request)
        target = services.register_target(
            data=_data(body), actor=actor_in(request), save_anyway=body.get("save_anyway") is True
        )
        where = request.build_absolute_uri(f"{request.path}/{target.slug}")
        return Response(target_card(target), status=201, headers={"Location": where})


class TargetItem(APIView):
    """One target."""

    @extend_schema(operation_id="target", responses={200: shapes.TARGET})
    def get(self, request: Request, slug: str) -> Response:
        """With its health, and the names of its secrets."""
        return Response(target_card(target_by_slug(actor_in(request), slug)))

    @extend_schema(
        operation_id="target_change",
        parameters=[KEY],
        request={"application/json": {"type": "object", "properties": CHANGES}},
        responses={200: shapes.TARGET},
    )
    @idempotent
    def patch(self, request: Request, slug: str) -> Response:
        """Change what the body names; it must answer, unless `save_anyway`."""
        actor, body = actor_in(request), body_of(request)
        target = target_by_slug(actor, slug)
        changed = services.change_target(
            target=target,
            data=_data(body, target),
            actor=actor,
            save_anyway=body.get("save_anyway") is True,
        )
        return Response(target_card(changed))

    @extend_schema(
        operation_id="target_retire", parameters=[KEY], request=None, responses={204: None}
    )
    @idempotent
    def delete(self, request: Request, slug: str) -> Response:
        """Forget it and its secrets; refused while something is in it."""
        actor = actor_in(request)
        services.retire_target(target=target_by_slug(actor, slug), actor=actor)
        return Response(status=204)


class TargetCheck(APIView):
    """The health of a target."""

    @extend_schema(
        operation_id="target_check", parameters=[KEY], request=None, responses={200: shapes.TARGET}
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Ask it now."""
        actor = actor_in(request)
        target = services.check_target(target=target_by_slug(actor, slug), actor=actor)
        return Response(target_card(target))


def _data(body: Mapping[str, Any], target: Target | None = None) -> services.TargetData:
    """What the body wants; what it leaves out stays as the target has it.

    Raises:
        Invalid: a field of the wrong type, or an unknown team.
    """
    problems = list(_type_problems(body, new=target is None))
    if target is not None and "team" not in body:
        owner: Team | None = target.owner
    else:
        owner = Team.objects.filter(slug=str(body.get("team", "")).replace("\0", "")).first()
    if owner is None:
        problems.append(Problem("/team", "unknown-team", "Name the slug of a team."))
    if problems or owner is None:
        raise Invalid("The target cannot be saved like that.", problems)
    return services.TargetData(
        slug=target.slug if target else body["slug"],
        name=body.get("name", target.name if target else ""),
        driver=target.driver if target else body["driver"],
        owner=owner,
        config=body.get("config", target.config if target else {}),
        secrets=body.get("secrets", {}),
    )


def _type_problems(body: Mapping[str, Any], *, new: bool) -> Iterator[Problem]:
    for name, value in body.items():
        if name in TEXTS and (not isinstance(value, str) or "\0" in value):
            yield Problem(f"/{name}", "wrong-type", f"`{name}` must be text.")
        elif name in ("config", "secrets") and not isinstance(value, dict):
            yield Problem(f"/{name}", "wrong-type", f"`{name}` must be an object.")
    for name in ("slug", "name", "driver") if new else ():
        if name not in body:
            yield Problem(f"/{name}", "missing", f"Send `{name}`.")
