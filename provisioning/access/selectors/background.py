"""What a decider should know beyond the request itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from catalog.governance.models import Evaluation
from catalog.governance.states import Outcome
from catalog.products.models import OutputPort
from provisioning.access.selectors.reading import readers
from provisioning.requests.models import Request
from provisioning.requests.states import RequestKind, RequestState


@dataclass(frozen=True)
class Background:
    """Who reads the product, how requests for the port were decided, and what policies say."""

    consumers: int
    approved: int
    rejected: int
    violated: tuple[str, ...]  # policies that the product breaks, by name
    checked: int  # policies that were evaluated for it


def background_of(port: OutputPort, but: Request) -> Background:
    """Three SQL statements.

    Args:
        but: the request that is decided on; it is not counted.
    """
    _, _, consumers = readers(port.product_id)
    earlier = Request.objects.filter(
        kind=RequestKind.ACCESS,
        subject__product_id=str(port.product_id),
        subject__port_id=str(port.pk),
    ).exclude(pk=but.pk)
    decided = Q(state__in=[RequestState.SUCCEEDED, RequestState.RUNNING, RequestState.FAILED])
    counts = earlier.aggregate(
        approved=Count("pk", filter=decided),
        rejected=Count("pk", filter=Q(state=RequestState.REJECTED)),
    )
    said = list(
        Evaluation.objects.filter(subject_id=port.product_id)
        .order_by("policy__name")
        .values_list("policy__name", "outcome")
    )
    violated = tuple(name for name, outcome in said if outcome != Outcome.PASS)
    return Background(consumers, counts["approved"], counts["rejected"], violated, len(said))
