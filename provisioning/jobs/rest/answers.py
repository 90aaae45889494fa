"""What REST answers to a verb that the ledger has accepted."""

from __future__ import annotations

from django.urls import reverse
from rest_framework.response import Response

from provisioning.jobs.models import Operation
from provisioning.jobs.rest.serializers import OperationSerializer
from provisioning.jobs.selectors import view_of

RETRY_AFTER_S = "1"


def accepted(operation: Operation) -> Response:
    """202 with the operation, and where and when to look again."""
    location = reverse("rest:operation", args=[operation.pk])
    headers = {"Location": location, "Retry-After": RETRY_AFTER_S}
    return Response(OperationSerializer(view_of(operation)).data, status=202, headers=headers)
