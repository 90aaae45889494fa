"""What people are told about incidents: each once when it opens and once when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from uuid import UUID

from accounts.models import Membership
from accounts.states import TeamRole
from catalog.lineage.selectors import reach
from catalog.lineage.states import Direction
from catalog.products.models import DataProduct
from catalog.products.states import LISTED
from catalog.quality.models import Incident, QualitySettings
from catalog.quality.models.incidents import USUAL_HOPS
from core.models import OutboxEvent
from portal.services.audiences import readers_of, those_who_see
from portal.services.news import Audience, News, members

WAITING, ENDED = "incident.waiting", "incident.ended"  # to the team that owns the product
DOWNSTREAM = "your team owns what is made from it"
LOOKING = "you look after it"


def _opened(event: OutboxEvent) -> Iterator[News]:
    for incident in _incident(event):
        product = incident.product
        yield _to_owners(incident, WAITING, f"{product.name}: {incident.title}")
        yield from _to_others(incident, event.topic, f"{product.name}: {incident.title}", "has")


def _resolved(event: OutboxEvent) -> Iterator[News]:
    """What flapped is told to those who look after it; the others heard of its end before."""
    for incident in _incident(event):
        title = f"{incident.product.name}: resolved, {incident.title}"
        yield _to_owners(incident, ENDED, title)
        if not event.payload.get("again"):
            yield from _to_others(incident, event.topic, title, "no longer has")


def _reopened(event: OutboxEvent) -> Iterator[News]:
    for incident in _incident(event):
        title = f"{incident.product.name}: again, {incident.title}"
        yield _to_owners(incident, WAITING, title)


def _incident(event: OutboxEvent) -> Iterator[Incident]:
    named = Incident.objects.select_related("product__owner")
    yield from named.filter(pk=event.payload["incident_id"])


def _to_owners(incident: Incident, kind: str, title: str) -> News:
    audience = members(incident.product.owner_id)
    if incident.assignee_id is not None:
        audience[incident.assignee_id] = LOOKING
    return News(kind, title, incident.get_absolute_url(), audience)


def _to_others(incident: Incident, kind: str, title: str, word: str) -> Iterator[News]:
    """Followers, readers, and owners of what is made from the product within its distance.

    Nobody is told twice: a person has one notification of an event, the first.
    """
    product, url = incident.product, incident.get_absolute_url()
    yield News(kind, title, url, readers_of(product))
    for below, owners in _owners_downstream(product):
        seeing = those_who_see(product, dict(owners))
        yield News(kind, f"{title} ({below.name} is made from it)", url, seeing)
        unseeing = {pk: reason for pk, reason in owners.items() if pk not in seeing}
        said = f"Something upstream of {below.name} {word} an incident"
        yield News(kind, said, below.get_absolute_url(), unseeing)


def _owners_downstream(product: DataProduct) -> Iterator[tuple[DataProduct, Audience]]:
    """Published products within the chosen distance, the nearest first, with their owners."""
    settings = QualitySettings.objects.filter(product=product).first()
    hops = settings.downstream_hops if settings else USUAL_HOPS
    if hops == 0:
        return
    reached: dict[UUID, int] = {
        node: distance
        for _, node, distance in reach([product.pk], direction=Direction.DOWNSTREAM, depth=hops)
    }
    below = DataProduct.objects.filter(pk__in=reached, status__in=LISTED).only(
        "fqn", "name", "owner_id"
    )
    owners: dict[int, Audience] = {}
    people = Membership.objects.filter(team__data_products__in=below, role=TeamRole.OWNER)
    for team_id, user_id in people.values_list("team", "user").distinct():
        owners.setdefault(team_id, {})[user_id] = DOWNSTREAM
    for each in sorted(below, key=lambda found: (reached[found.pk], found.fqn)):
        if each.owner_id in owners:
            yield each, owners[each.owner_id]


WRITERS: Mapping[str, Callable[[OutboxEvent], Iterator[News]]] = MappingProxyType(
    {
        "incident.opened": _opened,
        "incident.reopened": _reopened,
        "incident.resolved": _resolved,
    }
)
