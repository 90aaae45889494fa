"""REST: asking for several ports at once, and for something else than before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from core.clock import parse_day
from core.errors import DomainError, Invalid, NotFound, problem_document
from core.idempotency import idempotent
from core.openapi import KEY
from core.problems import Problem
from core.rest import body_of, text_in
from provisioning.access import services
from provisioning.access.rest.serializers import (
    AccessRequestAnswer,
    AmendInput,
    SeveralAnswer,
    SeveralInput,
)
from provisioning.access.states import AccessMode
from provisioning.requests import selectors as requests
from provisioning.requests.rest.views import found_request
from provisioning.requests.states import RequestKind

MOST = 20  # ports at once
TEXTS = ("consumer", "purpose", "legal_basis", "identity", "mode")


class AccessRequestsBatch(APIView):
    """POST /access-requests/batch: one purpose, one request for each port."""

    @extend_schema(
        operation_id="request_access_to_several",
        request=SeveralInput,
        responses={200: SeveralAnswer},
        parameters=[KEY],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Each port stands for itself: one that is refused keeps no other from its owner."""
        body = body_of(request)
        shared = services.AccessData(
            port="",
            consumer=text_in(body, "consumer"),
            purpose=text_in(body, "purpose"),
            until=parse_day(text_in(body, "until")),
            legal_basis=text_in(body, "legal_basis"),
            identity=text_in(body, "identity"),
            mode=text_in(body, "mode") or AccessMode.READ,
        )
        asked = [self._asked(request, replace(shared, port=fqn)) for fqn in _ports(body)]
        return Response({"results": asked})

    def _asked(self, request: Request, data: services.AccessData) -> dict[str, Any]:
        try:
            asked = services.request_access(data, actor=actor_in(request))
        except DomainError as error:
            return {"port": data.port, "request": None, "problem": problem_document(error)}
        return {"port": data.port, "request": requests.as_dict(asked), "problem": None}


class AccessRequestAmend(APIView):
    """POST /access-requests/{id}/amend: something else than before, while it waits."""

    @extend_schema(
        operation_id="amend_access",
        request=AmendInput,
        responses={200: AccessRequestAnswer},
        parameters=[KEY],
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """What is left out stays; everybody who has to agree is asked again."""
        found = found_request(request, pk)
        if found.kind != RequestKind.ACCESS:
            raise NotFound("There is no such request.")
        data = replace(services.data_of(found), **_changes(body_of(request)))
        services.amend_access(data, request=found, actor=actor_in(request))
        return Response(requests.as_dict(found_request(request, pk)))


def _ports(body: Mapping[str, Any]) -> list[str]:
    given = body.get("ports")
    listed = isinstance(given, list) and all(isinstance(each, str) for each in given)
    if not listed or not given or len(given) > MOST:
        text = f"Send a list of 1 to {MOST} fqns of output ports."
        raise Invalid("Nothing was asked for.", [Problem("/ports", "not-a-list", text)])
    return list(dict.fromkeys(given))


def _changes(body: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {name: text_in(body, name) for name in TEXTS if name in body}
    if "until" in body:
        said["until"] = parse_day(text_in(body, "until"))
    if "narrow" in body:
        said["narrow"] = body["narrow"]
    return said
