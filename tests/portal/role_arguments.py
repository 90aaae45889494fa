"""Arguments of each root field of GraphQL, for the objects of the company."""

from __future__ import annotations

from tests.portal.company import Company
from tests.portal.role_bodies import (
    ALWAYS,
    NEXT_WEEK,
    WAITING,
)

NO_HASH = "0" * 64


def arguments(company: Company) -> dict[str, str]:
    """The arguments of each root field, for the company's own objects."""
    port, dataset = company.port, company.dataset
    return {
        "product": f'(fqn: "{company.product.fqn}") {{ fqn }}',
        "products": "(first: 5) { edges { node { fqn } } }",
        "outputPort": f'(fqn: "{port.fqn}") {{ fqn }}',
        "contract": '(id: "orders") { name }',
        "domain": '(path: "sales") { path }',
        "demands": "(first: 5) { edges { node { title } } }",
        "domains": "(first: 5) { edges { node { path } } }",
        "team": '(slug: "sales-team") { slug }',
        "term": f'(id: "{company.term.pk}") {{ name }}',
        "terms": "(first: 5) { edges { node { name } } }",
        "dataset": f'(namespace: "{dataset.namespace}", name: "{dataset.name}") {{ id }}',
        "lineage": f'(node: "product:{company.product.fqn}") {{ nodes {{ id }} }}',
        "lineageImpact": f'(node: "product:{company.product.fqn}", first: 5)'
        " { products { distance } }",
        "lineagePath": f'(start: "product:{company.product.fqn}",'
        f' end: "product:{company.product.fqn}", first: 5) {{ nodes {{ id }} }}',
        "lineageSources": f'(node: "product:{company.product.fqn}", first: 5) {{ nodes {{ id }} }}',
        "lineageOrphans": "(level: PRODUCT, first: 5) { edges { node { id } } }",
        "lineageCycles": "(first: 5) { cycles { size } }",
        "request": f'(id: "{company.request.pk}") {{ title }}',
        "operation": f'(id: "{company.operation.pk}") {{ title }}',
        "grants": "(first: 5) { edges { node { consumer } } }",
        "viewer": "{ username }",
        "system": f'(fqn: "{company.system.fqn}") {{ fqn ports {{ edges {{ node {{ fqn }} }} }} }}',
        "systems": '(first: 5, domain: "sales") { edges { node { fqn } } }',
        "requestAccess": f'(port: "{port.fqn}", consumer: "team:sales-team", purpose: "x",'
        ' until: "2099-01-01") { problems { code } }',
        "extendAccess": f'(grant: "{company.grant.pk}", until: "2099-01-01")'
        " { problems { code } }",
        "submitRequest": '(blueprint: "none", parameters: {}) { problems { code } }',
        "decide": f'(id: "{company.request.pk}", decision: REJECT) {{ problems {{ code }} }}',
        "cancel": f'(id: "{company.request.pk}") {{ problems {{ code }} }}',
        "retry": f'(id: "{company.operation.pk}") {{ problems {{ code }} }}',
        "approvals": "(first: 5) { edges { node { why } } }",
        "requests": "(first: 5) { edges { node { title } } }",
        "remind": f'(id: "{company.request.pk}") {{ problems {{ code }} }}',
        "decisionRules": "(first: 5) { edges { node { name } } }",
        "decisionRule": f'(id: "{company.rule.pk}") {{ name }}',
        "createDecisionRule": f'(name: "All", scope: "port:{port.fqn}", {ALWAYS})'
        " { problems { code } }",
        "changeDecisionRule": f'(id: "{company.rule.pk}", name: "All", {ALWAYS})'
        " { problems { code } }",
        "retireDecisionRule": f'(id: "{company.rule.pk}") {{ problems {{ code }} }}',
        "testDecisionRule": f"({ALWAYS}) {{ problems {{ code }} }}",
        "delegations": "(first: 5) { edges { node { note } } }",
        "delegate": '(to: "consumer", until: "2000-01-01") { problems { code } }',
        "endDelegation": f'(id: "{company.delegation.pk}") {{ problems {{ code }} }}',
        "grant": f'(id: "{company.grant.pk}") {{ purpose }}',
        "amendAccess": f'(request: "{company.request.pk}", purpose: "x") {{ problems {{ code }} }}',
        "offerWrites": f'(port: "{company.port.fqn}", offered: false) {{ problems {{ code }} }}',
        "revokeAccess": f'(grant: "{company.grant.pk}") {{ problems {{ code }} }}',
        "consents": "(first: 5) { edges { node { note } } }",
        "answerConsent": f'(id: "{company.consent.pk}", answer: ACCEPT) {{ problems {{ code }} }}',
        "overruleConsent": f'(id: "{company.consent.pk}", note: "It cannot wait")'
        " { problems { code } }",
        "events": "(first: 5) { edges { node { type subject { name } } } }",
        "webhooks": "(first: 5) { edges { node { name team { slug } } } }",
        "deliveries": "(first: 5) { edges { node { type state } } }",
        "recertifications": "(first: 5) { edges { node { name } } }",
        "recertification": f'(id: "{company.campaign.pk}") {{ name }}',
        "startRecertification": f'(name: "Look", scope: "port:{port.fqn}", until: "{NEXT_WEEK}",'
        " silence: KEEP) { problems { code } }",
        "decideReviews": f'(recertification: "{company.campaign.pk}",'
        f' keep: ["{company.review.pk}"]) {{ problems {{ code }} }}',
        "stopRecertification": f'(id: "{company.campaign.pk}") {{ problems {{ code }} }}',
        "incidents": "(first: 5) { edges { node { title } } }",
        "incident": f'(id: "{company.incident.pk}") {{ title }}',
        "reportIncident": f'(product: "{company.product.fqn}", title: "x")'
        " { problems { code } }",
        "acknowledgeIncident": f'(id: "{company.incident.pk}") {{ problems {{ code }} }}',
        "assignIncident": f'(id: "{company.incident.pk}") {{ problems {{ code }} }}',
        "noteOnIncident": f'(id: "{company.incident.pk}", note: "x") {{ problems {{ code }} }}',
        "resolveIncident": f'(id: "{company.incident.pk}", note: "x") {{ problems {{ code }} }}',
        "runCheck": f'(id: "{company.check.pk}") {{ problems {{ code }} }}',
        "configureQuality": f'(product: "{company.product.fqn}") {{ problems {{ code }} }}',
        "weighDimensions": '(domain: "sales", weights: []) { problems { code } }',
        "unmatchedDatasets": "(first: 5) { edges { node { id } } }",
        "claimDataset": f'(dataset: "{WAITING}", port: "{port.fqn}") {{ problems {{ code }} }}',
        "unclaimDataset": f'(dataset: "{WAITING}") {{ problems {{ code }} }}',
        "columns": "(first: 5) { edges { node { path port { fqn } } } }",
        "lineageNamespaces": "(first: 5) { edges { node { namespace team { slug } } } }",
        "claimNamespace": '(namespace: "postgres://db:5432", team: "sales-team")'
        " { problems { code } }",
        "releaseNamespace": '(namespace: "s3://sales-exports") { problems { code } }',
        "drawLineageEdge": f'(source: "{WAITING}", target: "{dataset.node_id}", reason: "x")'
        " { problems { code } }",
        "removeLineageEdge": f'(id: "dataset-{company.edge.pk}") {{ problems {{ code }} }}',
        "publishProduct": f'(fqn: "{company.product.fqn}") {{ problems {{ code }} }}',
        **more_arguments(company),
    }


def more_arguments(company: Company) -> dict[str, str]:
    """The same, of what came after the first complete schema."""
    fqn, problems = company.product.fqn, "{ problems { code } }"
    return {
        "teams": "(first: 5) { edges { node { slug } } }",
        "contracts": "(first: 5) { edges { node { name } } }",
        "contractReaders": '(id: "orders", first: 5) { hidden }',
        "search": '(text: "orders", kind: [PRODUCT], first: 5) { text }',
        "suggest": '(text: "ord") { fqn }',
        "policy": f'(slug: "{company.policy.slug}") {{ name }}',
        "policies": "(first: 5) { edges { node { name } } }",
        "classifications": "{ slug }",
        "blueprint": '(name: "sandbox") { title }',
        "blueprints": "(first: 5) { edges { node { title } } }",
        "target": f'(slug: "{company.target.slug}") {{ name }}',
        "targets": "(first: 5) { edges { node { name } } }",
        "targetKinds": "{ driver }",
        "operations": "(first: 5) { edges { node { title } } }",
        "resource": f'(id: "{company.resource.pk}") {{ name }}',
        "resources": "(first: 5) { edges { node { name } } }",
        "persistedQueries": "(first: 5) { edges { node { name } } }",
        "persistQuery": f'(text: "{{ __typename }}", name: "Nothing") {problems}',
        "forgetQuery": f'(id: "{NO_HASH}") {problems}',
        "notifications": "(first: 5) { edges { node { title } } }",
        "demand": f'(id: "{company.demand.pk}") {{ title }}',
        "deprecateProduct": f'(fqn: "{fqn}") {problems}',
        "retireProduct": f'(fqn: "{fqn}") {problems}',
        "handOverProduct": f'(fqn: "{fqn}", team: "marketing-team") {problems}',
        "followProduct": f'(fqn: "{fqn}") {problems}',
        "unfollowProduct": f'(fqn: "{fqn}") {problems}',
        "announce": f'(product: "{fqn}", title: "All is well") {problems}',
        "comment": f'(product: "{fqn}", body: "Thank you") {problems}',
        "postDemand": f'(title: "Weather", need: "By hour.") {problems}',
        "acceptProduct": f'(fqn: "{fqn}") {problems}',
        "takeDemand": f'(id: "{company.demand.pk}", team: "sales-team") {problems}',
        "answerDemand": f'(id: "{company.demand.pk}", product: "{fqn}") {problems}',
        "declineDemand": f'(id: "{company.demand.pk}", reason: "Not now.") {problems}',
        "abandonOperation": f'(id: "{company.operation.pk}", reason: "By hand.") {problems}',
        "voteForDemand": f'(id: "{company.demand.pk}") {problems}',
        "markNotificationsRead": problems,
        "repairResource": f'(id: "{company.resource.pk}") {problems}',
        "cancelOperation": f'(id: "{company.operation.pk}") {problems}',
    }
