"""`webhooks`: where events go. A secret is shown once, when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from accounts.models import Team
from core.errors import Invalid, NotFound
from core.idempotency import idempotent
from core.openapi import KEY, PAGING, TEXT, page_of
from core.problems import Problem
from core.rest import body_of, choice_in, list_response, text_in
from portal.feed import services
from portal.feed.models import Delivery, Webhook
from portal.feed.rest import shapes
from portal.feed.selectors import deliveries_of, webhook_of, webhooks_for_lists
from portal.feed.services import WebhookData
from portal.feed.states import DeliveryState

CHANGES = {
    "name": {**TEXT, "maxLength": 120},
    "url": {**TEXT, "format": "uri"},
    "types": {
        "type": "array",
        "items": TEXT,
        "description": "names of `event-types`, or groups as `product.*`; none: all",
    },
    "own_only": {
        "type": "boolean",
        "description": "what belongs to the team (the default), or all that it may see",
    },
}
WEBHOOK = {
    "type": "object",
    "required": ["team", "name", "url"],
    "properties": {"team": {**TEXT, "description": "slug"}, **CHANGES},
}
once_shown = partial(idempotent, hiding=("secret",))


class Webhooks(APIView):
    """Webhooks of teams."""

    @extend_schema(
        operation_id="webhooks_list",
        parameters=[OpenApiParameter("team", str, description="slug"), *PAGING],
        responses={200: page_of(shapes.WEBHOOK)},
    )
    def get(self, request: Request) -> Response:
        """Those of the caller's teams by name; platform engineers see all."""
        given = request.query_params
        rows = webhooks_for_lists(actor_in(request), team=given.get("team", "").replace("\0", ""))
        return list_response(request, rows, order=["name", "id"], shown=webhook_card)

    @extend_schema(
        operation_id="webhook_add",
        parameters=[KEY],
        request={"application/json": WEBHOOK},
        responses={201: shapes.NEW_WEBHOOK},
    )
    @once_shown
    def post(self, request: Request) -> Response:
        """Add one. `secret` is in this answer and in none after it, also with the same key."""
        actor, body = actor_in(request), body_of(request)
        webhook, secret = services.add_webhook(
            team=_team(text_in(body, "team")), data=_data(body), actor=actor
        )
        where = request.build_absolute_uri(f"{request.path}/{webhook.pk}")
        shown = webhook_card(webhook_of(actor, webhook.pk))
        return Response(
            {**shown, "secret": secret},
            status=201,
            headers={"Location": where, "Cache-Control": "no-store"},
        )


class WebhookItem(APIView):
    """One webhook."""

    @extend_schema(operation_id="webhook", responses={200: shapes.WEBHOOK})
    def get(self, request: Request, pk: UUID) -> Response:
        """With its state; never its secret."""
        return Response(webhook_card(_found(request, pk)))

    @extend_schema(
        operation_id="webhook_change",
        parameters=[KEY],
        request={"application/json": {"type": "object", "properties": CHANGES}},
        responses={200: shapes.WEBHOOK},
    )
    @idempotent
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change what the body names."""
        webhook = _found(request, pk)
        changed = services.change_webhook(
            webhook=webhook, data=_data(body_of(request), webhook), actor=actor_in(request)
        )
        return Response(webhook_card(changed))

    @extend_schema(
        operation_id="webhook_remove", parameters=[KEY], request=None, responses={204: None}
    )
    @idempotent
    def delete(self, request: Request, pk: UUID) -> Response:
        """Forget it, its secret and what was sent to it."""
        services.remove_webhook(webhook=_found(request, pk), actor=actor_in(request))
        return Response(status=204)


class Secret(APIView):
    """The secret of a webhook."""

    @extend_schema(
        operation_id="webhook_secret",
        parameters=[KEY],
        request=None,
        responses={200: shapes.NEW_SECRET},
    )
    @once_shown
    def post(self, request: Request, pk: UUID) -> Response:
        """A new one, shown only now; for a day the old one signs beside it."""
        secret = services.renew_secret(webhook=_found(request, pk), actor=actor_in(request))
        return Response({"secret": secret}, headers={"Cache-Control": "no-store"})


class Trial(APIView):
    """A try."""

    @extend_schema(
        operation_id="webhook_test",
        parameters=[KEY],
        request=None,
        responses={202: shapes.DELIVERY},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Send an event of type `webhook.test`; its delivery tells what came of it."""
        delivery = services.send_test(webhook=_found(request, pk), actor=actor_in(request))
        delivery.refresh_from_db()
        return Response(delivery_card(delivery), status=202)


class Enable(APIView):
    """Sending begins again."""

    @extend_schema(
        operation_id="webhook_enable",
        parameters=[KEY],
        request=None,
        responses={200: shapes.WEBHOOK},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Send what waits, and what happens from now on."""
        services.enable_webhook(webhook=_found(request, pk), actor=actor_in(request))
        return Response(webhook_card(_found(request, pk)))


class Disable(APIView):
    """Sending ends."""

    @extend_schema(
        operation_id="webhook_disable",
        parameters=[KEY],
        request=None,
        responses={200: shapes.WEBHOOK},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Send nothing until it is enabled; what happens meanwhile stands in the feed alone."""
        services.disable_webhook(webhook=_found(request, pk), actor=actor_in(request))
        return Response(webhook_card(_found(request, pk)))


class Deliveries(APIView):
    """What was sent."""

    @extend_schema(
        operation_id="deliveries",
        parameters=[*PAGING, OpenApiParameter("state", str, enum=list(DeliveryState.values))],
        responses={200: page_of(shapes.DELIVERY)},
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Deliveries of 30 days with their tries, the newest first."""
        given = request.query_params
        state = choice_in(given, "state", DeliveryState.values)
        rows = deliveries_of(_found(request, pk), state=state)
        return list_response(request, rows, order=["-id"], shown=delivery_card)


class Redeliver(APIView):
    """All that was given up."""

    @extend_schema(
        operation_id="webhook_redeliver",
        parameters=[KEY],
        request=None,
        responses={202: shapes.REDELIVERED},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Send again what was given up, each under the id that it had."""
        count = services.redeliver_failed(webhook=_found(request, pk), actor=actor_in(request))
        return Response({"count": count}, status=202)


class RedeliverOne(APIView):
    """One delivery."""

    @extend_schema(
        operation_id="delivery_redeliver",
        parameters=[KEY],
        request=None,
        responses={202: shapes.DELIVERY},
    )
    @idempotent
    def post(self, request: Request, pk: UUID, delivery: int) -> Response:
        """Send it again under the id that it had, whatever became of it."""
        found = deliveries_of(_found(request, pk)).filter(pk=delivery).first()
        if found is None:
            raise NotFound()
        services.redeliver(delivery=found, actor=actor_in(request))
        found.refresh_from_db()
        return Response(delivery_card(found), status=202)


def webhook_card(webhook: Webhook) -> dict[str, Any]:
    """The public form of a webhook."""
    return {
        "id": str(webhook.pk),
        "team": webhook.team.slug,
        "name": webhook.name,
        "url": webhook.url,
        "types": webhook.types,
        "own_only": webhook.own_only,
        "state": webhook.state,
        "disabled_at": webhook.disabled_at,
        "disabled_reason": webhook.disabled_reason,
        "failing_since": webhook.failing_since,
        "created_by": webhook.created_by,
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
        "page": webhook.get_absolute_url(),
    }


def delivery_card(delivery: Delivery) -> dict[str, Any]:
    """The public form of a delivery."""
    return {
        "id": delivery.pk,
        "event_id": str(delivery.event_id),
        "position": delivery.position,
        "type": delivery.type,
        "state": delivery.state,
        "next_at": delivery.next_at,
        "tries": delivery.tries,
        "body": delivery.body,
        "created_at": delivery.created_at,
        "finished_at": delivery.finished_at,
    }


def _found(request: Request, pk: UUID) -> Webhook:
    return webhook_of(actor_in(request), pk)


def _team(slug: str) -> Team:
    team = Team.objects.filter(slug=slug).first()
    if team is None:
        problem = Problem("/team", "unknown-team", "Name the slug of a team.")
        raise Invalid("There is no such team.", [problem])
    return team


def _data(body: Mapping[str, Any], webhook: Webhook | None = None) -> WebhookData:
    """What the body wants; what it leaves out stays as the webhook has it."""
    unknown = [name for name in body if name not in (CHANGES if webhook else WEBHOOK["properties"])]
    problems = [
        Problem(f"/{name}", "unknown-field", "There is no such field, or it stays.")
        for name in unknown
    ]
    types = body.get("types", webhook.types if webhook else [])
    if not isinstance(types, list) or not all(isinstance(each, str) for each in types):
        problems.append(Problem("/types", "wrong-type", "Send a list of texts."))
    own_only = body.get("own_only", webhook.own_only if webhook else True)
    if not isinstance(own_only, bool):
        problems.append(Problem("/own_only", "wrong-type", "Send true or false."))
    if problems:
        raise Invalid("The webhook cannot be saved like that.", problems)
    return WebhookData(
        name=text_in(body, "name") if "name" in body or not webhook else webhook.name,
        url=text_in(body, "url") if "url" in body or not webhook else webhook.url,
        types=types,
        own_only=own_only,
    )
