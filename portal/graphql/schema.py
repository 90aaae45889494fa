"""The one schema: the rooms' root fields and types, put together."""

from __future__ import annotations

import graphene

from accounts.graphql import types as accounts
from catalog.contracts.graphql import types as contracts
from catalog.governance.graphql import policies
from catalog.governance.graphql import types as governance
from catalog.lineage.graphql import classes as derived_classes
from catalog.lineage.graphql import mutations as lineage_mutations
from catalog.lineage.graphql import namespaces as lineage_namespaces
from catalog.lineage.graphql import questions as lineage_questions
from catalog.lineage.graphql import types as lineage
from catalog.products.graphql import columns, demands, follows, places, systems, talk
from catalog.products.graphql import mutations as product_mutations
from catalog.products.graphql import queries as products
from catalog.products.graphql.types import DataProduct
from catalog.quality.graphql import incidents
from catalog.quality.graphql import settings as quality_settings
from catalog.quality.graphql import types as quality
from catalog.search.graphql import types as search
from core.graphql import extended
from portal.feed.graphql import types as feed
from portal.graphql import notifications, persisting
from provisioning.access.graphql import mutations as access_mutations
from provisioning.access.graphql import types as access
from provisioning.blueprints.graphql import types as blueprints
from provisioning.consent.graphql import types as consent
from provisioning.drivers.graphql import types as drivers
from provisioning.jobs.graphql import types as jobs
from provisioning.logins.graphql import types as logins
from provisioning.recertification.graphql import mutations as recertification_mutations
from provisioning.recertification.graphql import types as recertification
from provisioning.requests.graphql import delegations, inbox, rules
from provisioning.requests.graphql import mutations as request_mutations
from provisioning.requests.graphql import types as requests


class Query(
    products.Query,
    systems.Query,
    demands.Query,
    columns.Query,
    contracts.Query,
    search.Query,
    governance.Query,
    policies.Query,
    lineage.Query,
    lineage_mutations.Query,
    lineage_namespaces.Query,
    lineage_questions.Query,
    incidents.Query,
    requests.Query,
    inbox.Query,
    rules.Query,
    delegations.Query,
    jobs.Query,
    blueprints.Query,
    drivers.Query,
    access.Query,
    consent.Query,
    recertification.Query,
    feed.Query,
    notifications.Query,
    persisting.Query,
    accounts.Query,
):
    """Everything that can be read."""


class Mutation(
    access_mutations.Mutation,
    request_mutations.Mutation,
    jobs.Mutation,
    inbox.Mutation,
    rules.Mutation,
    delegations.Mutation,
    consent.Mutation,
    recertification_mutations.Mutation,
    product_mutations.Mutation,
    talk.Mutation,
    demands.Mutation,
    notifications.Mutation,
    persisting.Mutation,
    lineage_mutations.Mutation,
    lineage_namespaces.Mutation,
    incidents.Mutation,
    quality_settings.Mutation,
):
    """Everything that can be done."""


for room in (
    quality,
    incidents,
    quality_settings,
    lineage,
    derived_classes,
    follows,
    talk,
    places,
    search,
    logins,
    consent,
    notifications,
):
    room.register()
for kind in (DataProduct, contracts.DataContract, access.Grant, jobs.Resource):
    extended(kind)
for kind in (accounts.Viewer, accounts.Team, accounts.Domain):
    extended(kind)

schema = graphene.Schema(query=Query, mutation=Mutation)
