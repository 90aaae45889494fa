"""The portal's URLs, and two that take an instance away and make it anew, without a request."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from core.idempotency import idempotent
from portal.urls import *  # noqa: F403
from provisioning.jobs.models import Instance
from provisioning.jobs.services import StepSpec, accept
from provisioning.jobs.states import OperationKind


class Removal(APIView):
    @idempotent
    def post(self, request: Any, instance_id: UUID) -> Response:
        """All steps of the instance, backwards."""
        instance = Instance.objects.get(pk=instance_id)
        steps = [StepSpec(**step) for step in instance.desired_spec["steps"]][::-1]
        operation = accept(
            instance_id=instance_id,
            kind=OperationKind.DEPROVISION,
            title=f"Remove {instance.name}"[:300],
            steps=steps,
            actor=request.auth,
        )
        return Response({"id": str(operation.pk)}, status=202)


class Renewal(APIView):
    def post(self, request: Any, instance_id: UUID) -> Response:
        """All steps of the instance once more."""
        instance = Instance.objects.get(pk=instance_id)
        operation = accept(
            instance_id=instance_id,
            kind=OperationKind.UPDATE,
            title=f"Renew {instance.name}"[:300],
            steps=[StepSpec(**step) for step in instance.desired_spec["steps"]],
            actor=request.auth,
        )
        return Response({"id": str(operation.pk)}, status=202)


urlpatterns = [
    *urlpatterns,  # noqa: F405
    path("api/v1/chaos/remove/<uuid:instance_id>", Removal.as_view()),
    path("api/v1/chaos/renew/<uuid:instance_id>", Renewal.as_view()),
]
