"""The one schema: the rooms' root fields and types, put together."""

from __future__ import annotations

import graphene

from accounts.graphql import types as accounts
from catalog.contracts.graphql import types as contracts
from catalog.governance.graphql import types as governance
from catalog.lineage.graphql import types as lineage
from catalog.products.graphql import demands, follows, systems
from catalog.products.graphql import mutations as product_mutations
from catalog.products.graphql import queries as products
from catalog.products.graphql.types import DataProduct
from catalog.quality.graphql import types as quality
from core.graphql import extended
from provisioning.access.graphql import types as access
from provisioning.jobs.graphql import types as jobs
from provisioning.requests.graphql import types as requests


class Query(
    products.Query,
    systems.Query,
    demands.Query,
    contracts.Query,
    governance.Query,
    lineage.Query,
    requests.Query,
    jobs.Query,
    access.Query,
    accounts.Query,
):
    """Everything that can be read."""


class Mutation(access.Mutation, requests.Mutation, product_mutations.Mutation):
    """Everything that can be done."""


for room in (quality, lineage, follows):
    room.register()
extended(DataProduct)
extended(accounts.Viewer)

schema = graphene.Schema(query=Query, mutation=Mutation)
