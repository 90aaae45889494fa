"""REST: logins of people and programs to what their team's services made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from core.errors import NotFound
from core.idempotency import idempotent
from core.openapi import KEY, PAGING, page_of
from core.rest import body_of, flag_in, list_response
from provisioning.jobs.models import Instance
from provisioning.jobs.rest.answers import accepted
from provisioning.jobs.rest.serializers import OperationSerializer
from provisioning.logins import services
from provisioning.logins.models import Login
from provisioning.logins.rest import shapes


class ResourceLogins(APIView):
    """Who has a login of their own to a resource."""

    @extend_schema(
        operation_id="resource_logins", parameters=PAGING, responses={200: page_of(shapes.LOGIN)}
    )
    def get(self, request: Request, instance_id: UUID) -> Response:
        """Those that are there or that ended, newest first; none where nobody logs in."""
        logins = Login.objects.filter(instance=_found(request, instance_id)).for_lists()
        return list_response(request, logins, order=["-pk"], shown=_login)


class ResourceCredentials(APIView):
    """The caller's own login to a resource."""

    @extend_schema(
        operation_id="resource_credentials",
        request={"application/json": shapes.ASKED},
        responses={200: shapes.CREDENTIAL, 202: OperationSerializer},
    )
    def post(self, request: Request, instance_id: UUID) -> Response:
        """What it is, once; or the job that makes it: post again when that has succeeded."""
        found, actor = _found(request, instance_id), actor_in(request)
        if flag_in(body_of(request), "renew"):
            return _unkept(accepted(services.make_login(instance=found, actor=actor)))
        try:
            shown = services.reveal_login(instance=found, actor=actor)
        except NotFound:
            return _unkept(accepted(services.make_login(instance=found, actor=actor)))
        names = ("username", "password", "dsn", "host", "port", "dbname")
        return _unkept(Response({name: getattr(shown, name) for name in names}))


class ResourceLoginEnd(APIView):
    """The end of one login."""

    @extend_schema(
        operation_id="login_end",
        parameters=[KEY],
        request=None,
        responses={202: OperationSerializer},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """The login is dropped and its sessions end; what was made with it stays."""
        actor = actor_in(request)
        visible = Login.objects.visible_to(actor).for_lists().select_related("instance__owner")
        login = get_object_or_404(visible, pk=pk)
        return accepted(services.end_login(login=login, actor=actor))


def _found(request: Request, instance_id: UUID) -> Instance:
    visible = Instance.objects.visible_to(actor_in(request)).select_related("owner")
    return get_object_or_404(visible, pk=instance_id)


def _unkept(answer: Response) -> Response:
    answer["Cache-Control"] = "no-store"
    return answer


def _login(login: Login) -> dict[str, Any]:
    moments = ("asked_at", "made_at", "revealed_at", "ended_at")
    return {
        "id": str(login.pk),
        "holder": login.holder.username,
        "username": login.username,
        "state": login.state,
        **{name: getattr(login, name) for name in moments},
    }
