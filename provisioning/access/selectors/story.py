"""The story of one grant: what was asked, decided and done, as the audit log has it."""

from __future__ import annotations

from accounts.actors import Actor
from core.models import AuditEvent
from provisioning.access.models import Grant
from provisioning.access.selectors.reading import MAX_ROWS
from provisioning.jobs.models import Operation
from provisioning.requests.models import Request


def story_of(grant: Grant, actor: Actor) -> list[AuditEvent]:
    """Events of the grant, of the requests that made it or made it longer, and of its jobs.

    Of requests that the actor may not see there is nothing. Oldest first; four SQL statements.
    """
    own = AuditEvent.objects.filter(object_kind="grant", object_id=str(grant.pk))[:MAX_ROWS]
    asked = {each.detail["request"] for each in own if "request" in each.detail}
    visible = Request.objects.visible_to(actor).filter(pk__in=[grant.request_id, *asked])
    requests = [str(pk) for pk in visible.order_by().values_list("pk", flat=True)]
    done = Operation.objects.filter(instance=grant.instance_id).order_by("-id")
    operations = [str(pk) for pk in done.values_list("pk", flat=True)[:MAX_ROWS]]
    others = AuditEvent.objects.filter(
        object_kind__in=["request", "operation"], object_id__in=[*requests, *operations]
    )
    return sorted([*own, *others[: 2 * MAX_ROWS]], key=lambda each: each.pk)


def waiting_extension(grant: Grant) -> Request | None:
    """The request for more time that nobody has decided yet, with who has to."""
    waiting = Request.objects.with_sides().filter(
        state="waiting",
        subject__product_id=str(grant.port.product_id),
        subject__extends=str(grant.pk),
    )
    return waiting.first()
