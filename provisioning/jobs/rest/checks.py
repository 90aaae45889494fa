"""REST: a quality check as a job."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.products.selectors import product_by_fqn
from catalog.quality.selectors import check_by_id
from core.idempotency import idempotent
from core.openapi import KEY
from provisioning.jobs.rest.answers import accepted
from provisioning.jobs.rest.serializers import OperationSerializer
from provisioning.jobs.services.checks import run_check


class CheckRun(APIView):
    """POST /products/{fqn}/quality/checks/{id}/run: have one check run now."""

    @extend_schema(
        operation_id="check_run",
        parameters=[KEY],
        request=None,
        responses={202: OperationSerializer},
    )
    @idempotent
    def post(self, request: Request, fqn: str, check_id: int) -> Response:
        """The operation that measures it; one that is at work on it already, if there is one."""
        actor = actor_in(request)
        check = check_by_id(product_by_fqn(actor, fqn), check_id)
        return accepted(run_check(check=check, actor=actor))
