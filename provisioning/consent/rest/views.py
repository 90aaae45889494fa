"""REST: what consumers say to announced changes."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from core.clock import parse_day
from core.idempotency import idempotent
from core.ids import uuids_in
from core.openapi import KEY, PAGING, TEXT, page_of
from core.rest import body_of, choice_in, list_response, text_in
from provisioning.access.selectors import consumer_of
from provisioning.consent import services
from provisioning.consent.models import Consent
from provisioning.consent.rest import shapes
from provisioning.consent.services import AnswerData
from provisioning.consent.states import Answer, ConsentState

TO_ANSWER = ("true",)
ANSWER = {
    "type": "object",
    "required": ["answer"],
    "properties": {
        "answer": {"type": "string", "enum": list(Answer.values)},
        "until": {"type": "string", "format": "date", "description": "of answer time"},
        "note": TEXT,
    },
}
WHY = {"type": "object", "required": ["note"], "properties": {"note": TEXT}}


class Consents(APIView):
    """What consumers say to announced changes that break what they read."""

    @extend_schema(
        operation_id="consents",
        parameters=[
            OpenApiParameter("port", str, description="fqn"),
            OpenApiParameter("grant", str, description="id"),
            OpenApiParameter("state", str, enum=list(ConsentState.values)),
            OpenApiParameter(
                "to_answer", str, enum=TO_ANSWER, description="true: what waits for the caller"
            ),
            *PAGING,
        ],
        responses={200: page_of(shapes.CONSENT)},
    )
    def get(self, request: Request) -> Response:
        """Those of grants that the caller may see, newest first."""
        consents = Consent.objects.visible_to(actor_in(request)).for_lists()
        port = request.query_params.get("port", "")
        state = choice_in(request.query_params, "state", ConsentState.values)
        if port:
            consents = consents.filter(grant__port__fqn=port)
        if state:
            consents = consents.filter(state=state)
        if "grant" in request.query_params:
            consents = consents.filter(grant__in=uuids_in(request.query_params["grant"]))
        if choice_in(request.query_params, "to_answer", TO_ANSWER):
            consents = consents.to_answer_by(actor_in(request))
        return list_response(request, consents, order=["-pk"], shown=_consent)


class ConsentAnswer(APIView):
    """The consumer's answer."""

    @extend_schema(
        operation_id="consent_answer",
        parameters=[KEY],
        request={"application/json": ANSWER},
        responses={200: shapes.CONSENT},
    )
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        """Accept, ask for time, or block; it may be changed until the day."""
        body = body_of(request)
        data = AnswerData(
            answer=text_in(body, "answer"),
            until=parse_day(text_in(body, "until")),
            note=text_in(body, "note"),
        )
        consent = _found(request, pk)
        services.answer_consent(data, consent=consent, actor=actor_in(request))
        return Response(_consent(_found(request, pk)))


class ConsentOverrule(APIView):
    """The owner's word in spite of an answer."""

    @extend_schema(
        operation_id="consent_overrule",
        parameters=[KEY],
        request={"application/json": WHY},
        responses={200: shapes.CONSENT},
    )
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        """The change comes on its day; the consumer is told why."""
        consent, note = _found(request, pk), text_in(body_of(request), "note")
        services.overrule_consent(consent=consent, note=note, actor=actor_in(request))
        return Response(_consent(_found(request, pk)))


def _found(request: Request, pk: int) -> Consent:
    visible = Consent.objects.visible_to(actor_in(request)).for_lists()
    found = visible.select_related("grant__port__product__domain").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _consent(consent: Consent) -> dict[str, Any]:
    grant = consent.grant
    return {
        "id": consent.pk,
        "state": consent.state,
        "grant": str(grant.pk),
        "port": grant.port.fqn,
        "consumer": consumer_of(grant).text,
        "to": consent.version.version,
        "on": consent.on.isoformat(),
        "wants_until": consent.wants_until.isoformat() if consent.wants_until else None,
        "note": consent.note,
        "answered_by": consent.answered_by.username if consent.answered_by else None,
        "answered_at": consent.answered_at.isoformat() if consent.answered_at else None,
        "overruled_why": consent.overruled_why,
    }
