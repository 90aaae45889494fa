"""REST: asking for access, grants, and the credential that is shown once."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.authentication import actor_in
from core.clock import parse_day
from core.csv_rows import CsvRenderer
from core.errors import Invalid, NotFound
from core.idempotency import idempotent
from core.openapi import KEY, PAGES, PAGING
from core.paging import KeysetPage, encode_cursor, number_in
from core.problems import Problem
from core.rest import (
    body_of,
    choice_in,
    flag_in,
    list_or_csv,
    page_response,
    page_size,
    text_in,
)
from provisioning.access import services
from provisioning.access.models import Grant, GrantQuerySet
from provisioning.access.rest.serializers import (
    AccessRequestAnswer,
    AccessRequestInput,
    CredentialAnswer,
    CredentialInput,
    ExtendInput,
    GrantAnswer,
    GrantDetailAnswer,
    GrantPage,
    OperationStarted,
    RevokeInput,
    SampleAnswer,
    StoryPage,
    WritesAnswer,
    WritesInput,
    extension_as_json,
    grant_as_json,
)
from provisioning.access.selectors import (
    consumer_fields,
    extensions_asked,
    find_consumer,
    story_lines,
    story_of,
)
from provisioning.access.states import AccessMode, GrantState
from provisioning.requests.rest.views import accepted

RETRY_AFTER_S = "2"
GRANT_COLUMNS = (
    *("id", "state", "port", "product", "consumer", "mode", "purpose", "legal_basis"),
    *("narrow_words", "starts_at", "until", "last_seen_at", "ended_at", "ended_by", "end_reason"),
)
HELD = ("true",)
CONSUMER_KINDS = frozenset({"team", "user", "product"})


class AccessRequests(APIView):
    """POST /access-requests: ask for access to a port."""

    @extend_schema(
        operation_id="request_access",
        request=AccessRequestInput,
        responses={202: AccessRequestAnswer},
        parameters=[KEY],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        body = body_of(request)
        data = services.AccessData(
            port=text_in(body, "port"),
            consumer=text_in(body, "consumer"),
            purpose=text_in(body, "purpose"),
            until=parse_day(text_in(body, "until")),
            legal_basis=text_in(body, "legal_basis"),
            narrow=body.get("narrow"),
            identity=text_in(body, "identity"),
            mode=text_in(body, "mode") or AccessMode.READ,
        )
        asked = services.request_access(data, actor=actor_in(request))
        return accepted(request, asked)


class PortWrites(APIView):
    """POST /port-writes: let others ask to write into a port, or not any more."""

    @extend_schema(
        parameters=[KEY],
        operation_id="offer_writes",
        request=WritesInput,
        responses={200: WritesAnswer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        body, actor = body_of(request), actor_in(request)
        port = services.find_port(text_in(body, "port"), actor)
        port = services.offer_writes(port=port, offered=body.get("offered"), actor=actor)
        return Response({"port": port.fqn, "takes_writes": port.takes_writes})


class GrantList(APIView):
    """GET /grants: the grants that the caller may see."""

    renderer_classes = (JSONRenderer, CsvRenderer)

    @extend_schema(
        operation_id="grants",
        responses={(200, "application/json"): GrantPage, (200, "text/csv"): OpenApiTypes.STR},
        parameters=[
            OpenApiParameter("port", description="fqn"),
            OpenApiParameter("consumer", description="team:<slug>, user:<name>, product:<fqn>"),
            OpenApiParameter("state", enum=GrantState.values),
            OpenApiParameter("held", enum=HELD, description="true: what the caller may read"),
            *PAGING,
        ],
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        grants = _filtered(Grant.objects.visible_to(actor_in(request)), request.query_params)
        if choice_in(request.query_params, "held", HELD):
            grants = grants.held_by(actor_in(request))
        rows = grants.for_lists().with_use()
        return list_or_csv(
            request,
            rows,
            order=["-id"],
            shown=grant_as_json,
            name="grants",
            columns=GRANT_COLUMNS,
        )


class GrantDetail(APIView):
    """GET /grants/{id}: one grant, with what was asked to make it longer."""

    @extend_schema(operation_id="grant", responses=GrantDetailAnswer)
    def get(self, request: Request, pk: UUID) -> Response:
        grant = _find(actor_in(request), pk)
        extensions = grant.extensions.select_related("request__requester")
        asked = extensions_asked([grant.pk], actor_in(request)).first()
        return Response(
            {
                **grant_as_json(grant),
                "extensions": [extension_as_json(each) for each in extensions],
                "extension_asked": str(asked.pk) if asked else None,
            }
        )


class GrantStory(APIView):
    """GET /grants/{id}/story: what was asked, decided and done, oldest first."""

    @extend_schema(
        operation_id="grant_story",
        responses=StoryPage,
        parameters=[
            *PAGES,
        ],
    )
    def get(self, request: Request, pk: UUID) -> Response:
        grant, size = _find(actor_in(request), pk), page_size(request)
        seen = number_in(request.query_params.get("cursor"))
        lines = story_lines(story_of(grant, actor_in(request)))
        left = [each for each in lines if each.id > seen]
        rows = left[:size]
        following = encode_cursor([rows[-1].id]) if len(left) > size else None
        told = [{**vars(each), "at": each.at.isoformat()} for each in rows]
        return page_response(request, KeysetPage(rows, following), told)


class GrantSample(APIView):
    """POST /grants/{id}/sample: up to ten rows of each table, as the grant's role reads them."""

    @extend_schema(operation_id="grant_sample", request=None, responses=SampleAnswer)
    def post(self, request: Request, pk: UUID) -> Response:
        """It goes into the audit log; classified columns are masked."""
        grant = _find(actor_in(request), pk)
        samples = services.sample_rows(grant=grant, actor=actor_in(request))
        rows = [
            {
                "object": each.name,
                "columns": each.columns,
                "masked": sorted(each.masked),
                "rows": each.rows,
            }
            for each in samples
        ]
        return Response({"results": rows}, headers={"Cache-Control": "no-store"})


class GrantExtend(APIView):
    """POST /grants/{id}/extend: ask for more time; decided like a new request."""

    @extend_schema(
        operation_id="extend_grant",
        request=ExtendInput,
        responses={202: AccessRequestAnswer},
        parameters=[KEY],
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        grant = _find(actor_in(request), pk)
        body = body_of(request)
        asked = services.request_extension(
            grant=grant,
            purpose=text_in(body, "purpose") or grant.purpose,
            until=parse_day(text_in(body, "until")),
            actor=actor_in(request),
        )
        return accepted(request, asked)


class GrantRevoke(APIView):
    """POST /grants/{id}/revoke: end it at once; its removal can be followed at `Location`."""

    @extend_schema(
        parameters=[KEY],
        operation_id="revoke_grant",
        request=RevokeInput,
        responses={202: GrantAnswer},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        grant = _find(actor_in(request), pk)
        reason = text_in(body_of(request), "reason")
        services.revoke_grant(grant=grant, actor=actor_in(request), reason=reason)
        answer = Response(grant_as_json(grant), status=202)
        answer["Location"] = reverse("rest:rest-grant", kwargs={"pk": grant.pk}, request=request)
        answer["Retry-After"] = RETRY_AFTER_S
        return answer


class GrantCredentials(APIView):
    """POST /grants/{id}/credentials: the caller's own login; once, by a holder."""

    @extend_schema(
        operation_id="grant_credentials",
        request=CredentialInput,
        responses={200: CredentialAnswer, 202: OperationStarted},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        grant = _find(actor_in(request), pk)
        answer = self._answer(request, grant)
        answer["Cache-Control"] = "no-store"
        return answer

    def _answer(self, request: Request, grant: Grant) -> Response:
        if flag_in(body_of(request), "renew"):
            return self._renew(request, grant)
        try:
            shown = services.reveal_credential(grant=grant, actor=actor_in(request))
        except NotFound:
            return self._renew(request, grant)
        return Response(
            {
                "username": shown.username,
                "password": shown.password,
                "dsn": shown.dsn,
                **({"given": shown.login.given} if shown.login.given else {}),
                "expires_at": shown.expires_at,
                **({"previous_until": shown.previous_until} if shown.previous_until else {}),
            }
        )

    def _renew(self, request: Request, grant: Grant) -> Response:
        operation = services.new_credential(grant=grant, actor=actor_in(request))
        answer = Response({"operation": str(operation.pk)}, status=202)
        where = {"operation_id": operation.pk}
        answer["Location"] = reverse("rest:operation", kwargs=where, request=request)
        answer["Retry-After"] = RETRY_AFTER_S
        return answer


def _find(actor: Actor, pk: UUID) -> Grant:
    grants = Grant.objects.visible_to(actor).for_lists().with_use()
    found = grants.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _filtered(grants: GrantQuerySet, query: Mapping[str, str]) -> GrantQuerySet:
    if query.get("port"):
        grants = grants.filter(port__fqn=query["port"])
    state = choice_in(query, "state", GrantState.values)
    if state:
        grants = grants.filter(state=state)
    if query.get("consumer"):
        consumer = find_consumer(_consumer_in(query))
        grants = grants.filter(**consumer_fields(consumer)) if consumer else grants.none()
    return grants


def _consumer_in(query: Mapping[str, str]) -> str:
    """Raises: Invalid: it does not say of which kind it is."""
    kind, _, name = query["consumer"].partition(":")
    if kind not in CONSUMER_KINDS or not name:
        text = "Send team:<slug>, user:<name> or product:<fqn>."
        raise Invalid("No consumer is named so.", [Problem("/consumer", "not-a-consumer", text)])
    return query["consumer"]
