"""What this room has to say on the pages of lower ones."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from provisioning.jobs.models import Operation
from provisioning.requests import selectors
from provisioning.requests.models import Request


def request_of_operation(request: HttpRequest, operation: Operation) -> SafeString | None:
    """On the page of a job: the request that it does, and that request's history."""
    visible = Request.objects.visible_to(request.actor)  # type: ignore[attr-defined]
    found = (
        visible.filter(operation=operation)
        .with_sides()
        .prefetch_related("decisions__decided_by", "decisions__instead_of")
        .first()
    )
    if found is None:
        return None
    context = {"found": found, "history": selectors.history(found)}
    return render_to_string("provisioning/requests/_operation_panel.html", context)
