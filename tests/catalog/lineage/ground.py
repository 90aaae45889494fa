"""Lineage as it lies in the tables, made in a line."""

import itertools

from django.utils import timezone

from accounts.actors import Actor
from accounts.states import PortalRole
from catalog.lineage.keys import key_of, node_key_of
from catalog.lineage.models import Column, ColumnEdge, Dataset, DatasetEdge, Job, ProductEdge
from catalog.products.data import SystemData
from catalog.products.services import put_system
from tests.factories import PortFactory, ProductFactory, TeamFactory, actor_for, member_of

NAMESPACE = "postgres://warehouse:5432"
STEWARD = Actor(user_id=1, name="steward", role=PortalRole.STEWARD)


def dataset(name, *, port=None, posted_by=None, namespace=NAMESPACE, fields=()):
    node = f"dataset:{namespace}:{name}"
    return Dataset.objects.create(
        namespace=namespace,
        name=name,
        node_id=node,
        key=key_of(namespace, name),
        node_key=node_key_of(node),
        port=port,
        posted_by=posted_by,
        fields=list(fields),
    )


def offered(name, /, **product):
    """A dataset that a port of a new product offers."""
    return dataset(name, port=PortFactory(product=ProductFactory(**product)))


def column(of, name):
    return Column.objects.create(
        dataset=of,
        name=name,
        key=key_of(of.namespace, of.name, name),
        node_key=node_key_of(f"column:{of.namespace}:{of.name}#{name}"),
    )


def job(name, namespace="etl", **fields):
    return Job.objects.create(
        namespace=namespace,
        name=name,
        key=key_of(namespace, name),
        node_key=node_key_of(f"job:{namespace}:{name}"),
        **fields,
    )


def chain(*nodes, **fields):
    """Edges from each to the next one."""
    kinds = {Dataset: DatasetEdge, Column: ColumnEdge}
    kind = kinds.get(type(nodes[0]), ProductEdge)
    return [
        kind.objects.create(source=source, target=target, **fields)
        for source, target in itertools.pairwise(nodes)
    ]


def end(*edges):
    for edge in edges:
        type(edge).objects.filter(pk=edge.pk).update(ended_at=timezone.now())


def system(slug):
    """An operational system."""
    team = TeamFactory()
    data = SystemData(document_id=slug, name=slug, domain=team.domain, owner=team, slug=slug)
    made, _, _ = put_system(data=data, actor=actor_for(member_of(team)))
    return made
