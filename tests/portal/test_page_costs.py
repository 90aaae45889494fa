"""What reads cost in SQL statements: as DESIGN grants, and no more when there is more to show."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actors import system_actor
from catalog.contracts.models import DataContract
from catalog.governance.services import PolicyData, save_policy
from catalog.products.models import (
    DataProduct,
)
from catalog.products.states import ProductStatus
from core.ids import uuid7
from tests.factories import (
    ContractVersionFactory,
    DomainFactory,
)
from tests.portal.company import Company, make_company
from tests.portal.grown import grow

pytestmark = pytest.mark.django_db
OVERVIEW = 12  # statements, DESIGN §9
QUALITY = 10
FEW, MANY = 3, 30

PRODUCT = "/products/{product}/"
READS = [
    "/",
    "/notifications/",
    PRODUCT,
    *(
        f"{PRODUCT}?tab={tab}"
        for tab in ("schema", "quality", "lineage", "contract", "access", "activity")
    ),
    "/products/{product}/?tab=quality&q=a&outcome=fail",
    "/products/{product}/checks/{check}/",
    "/domains/{domain}/quality/",
    "/products/{product}/ports/table/1/",
    "/contracts/{contract}/",
    "/contracts/{contract}/?tab=schema",
    "/contracts/{contract}/diff/?from=1.0.0&to=2.0.0",
    "/domains/",
    "/domains/{domain}/",
    "/teams/",
    "/teams/{team}/",
    "/systems/",
    "/systems/{system}/",
    "/glossary/",
    "/glossary/{term}/",
    "/policies/",
    "/incidents/",
    "/incidents/?state=all&domain={domain}",
    "/incidents/{incident}/",
    "/policies/{policy}/",
    "/demands/",
    "/marketplace/",
    "/lineage/?node=product:{product}",
    "/lineage/unmatched/",
    "/lineage/namespaces/",
    "/lineage/edges/new/",
    "/lineage/?node=product:{product}&direction=downstream&format=csv",
    "/access/",
    "/recertifications/",
    "/recertifications/{campaign}/",
    "/requests/",
    "/approvals/",
    "/resources/",
    "/targets/",
    "/settings/webhooks/",
    "/settings/tokens/",
    "/settings/tokens/?show=teams",
    "/settings/service-accounts/",
    "/api/v1/tokens?count=true",
    "/api/v1/service-accounts?count=true",
    "/resources/{resource}/",
    "/services/",
    "/services/sandbox/",
    "/services/sandbox/?tab=versions",
    "/services/sandbox/?tab=made",
    "/api/v1/blueprints",
    "/api/v1/blueprints/sandbox",
    "/api/v1/products",
    "/api/v1/products/{product}",
    "/api/v1/products/{product}/descriptor",
    "/api/v1/products/{product}/revisions",
    "/api/v1/products/{product}/quality",
    "/api/v1/products/{product}/quality/checks",
    "/api/v1/products/{product}/quality/checks/{check}",
    "/api/v1/products/{product}/quality/checks/{check}/results",
    "/api/v1/products/{product}/quality/dqv",
    "/api/v1/domains/{domain}/quality",
    "/api/v1/products/{product}/announcements",
    "/api/v1/products/{product}/comments",
    "/api/v1/contracts",
    "/api/v1/contracts/{contract}",
    "/api/v1/contracts/{contract}/versions",
    "/api/v1/contracts/{contract}/diff?from=1.0.0&to=2.0.0",
    "/api/v1/catalog.jsonld",
    "/api/v1/ports",
    "/api/v1/columns",
    "/api/v1/audit",
    "/api/v1/domains",
    "/api/v1/teams",
    "/api/v1/systems",
    "/api/v1/systems/{system}",
    "/api/v1/terms",
    "/api/v1/policies",
    "/api/v1/demands",
    "/api/v1/incidents",
    "/api/v1/incidents/{incident}",
    "/api/v1/products/{product}/quality-settings",
    "/api/v1/grants",
    "/api/v1/consents",
    "/api/v1/recertifications",
    "/api/v1/recertifications/{campaign}/reviews",
    "/api/v1/requests",
    "/api/v1/resources",
    "/api/v1/targets",
    "/api/v1/webhooks",
    "/api/v1/events",
    "/api/v1/notifications",
    "/notifications/",
    "/settings/notifications/",
    "/api/v1/lineage?nodeId=product:{product}",
    "/api/v1/lineage/datasets",
    "/api/v1/lineage/datasets?unmatched=true",
    "/api/v1/lineage/namespaces",
    "/api/v1/lineage/impact?nodeId=product:{product}",
    "/api/v1/lineage/sources?nodeId=product:{product}",
    "/api/v1/lineage/path?from=product:{product}&to=product:{product}",
    "/api/v1/lineage/orphans",
    "/api/v1/lineage/cycles",
    "/api/v1/search?q=order",
]


@pytest.fixture
def company() -> Company:
    made = make_company()
    made.product.status = ProductStatus.ACTIVE
    made.product.save()
    ContractVersionFactory(contract=made.contract_version.contract, version="2.0.0")
    DataContract.objects.update(visibility="company")
    return made


def know_rows() -> None:
    """Statistics as in use: those of rows that other tests took back say that tables are empty."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def cost(client, url: str) -> int:
    with CaptureQueriesContext(connection) as context:
        answer = client.get(url)
    assert answer.status_code == 200, url
    return len(context)


def costs(company: Company, role: str) -> dict[str, int]:
    names = {
        "product": company.product.fqn,
        "contract": company.contract_version.contract_id,
        "domain": "sales",
        "team": company.team.slug,
        "system": company.system.fqn,
        "term": company.term.pk,
        "policy": company.policy.slug,
        "campaign": company.campaign.pk,
        "check": company.check.pk,
        "resource": company.resource.pk,
        "incident": company.incident.pk,
    }
    client = company.client(role)
    client.get("/domains/")  # the first page of a session writes it
    return {read: cost(client, read.format(**names)) for read in READS}


def test_more_rows_cost_no_more_statements(company):
    roles = ("owner", "steward")
    grow(company, FEW)
    know_rows()
    before = {role: costs(company, role) for role in roles}
    grow(company, MANY)
    know_rows()
    after = {role: costs(company, role) for role in roles}

    grown = {
        (role, read): (before[role][read], after[role][read])
        for role in roles
        for read in READS
        if after[role][read] > before[role][read]
    }
    assert grown == {}


def _deep(company: Company) -> DataProduct:
    """The company's product, provisioned here, five domains down."""
    domain = company.team.domain
    for name in ("emea", "north", "coast", "harbour"):
        domain = DomainFactory(path=f"{domain.path}.{name}", parent=domain)
    product = company.product
    product.domain, product.fqn = domain, f"{domain.path}.orders"
    product.instance_id = uuid7()
    product.save()
    return product


@pytest.mark.parametrize("role", ["member", "contributor", "owner", "domain owner", "steward"])
def test_the_overview_costs_twelve_statements(company, role):
    grow(company, 5)
    product = _deep(company)
    client = company.client(role)
    client.get("/domains/")

    assert cost(client, product.get_absolute_url()) <= OVERVIEW


@pytest.mark.parametrize("role", ["contributor", "owner", "domain owner", "steward"])
def test_the_overview_of_a_draft_costs_twelve_statements_too(company, role):
    grow(company, 5)
    for name in ("One", "Two"):
        data = PolicyData(
            name=name, rule='description != ""', words="x", mend="Describe.", owner=company.team
        )
        save_policy(data=data, actor=system_actor())
    product = _deep(company)
    product.status = ProductStatus.DRAFT
    product.save()
    client = company.client(role)
    client.get("/domains/")

    assert cost(client, product.get_absolute_url()) <= OVERVIEW


@pytest.mark.parametrize("role", ["member", "contributor", "owner", "domain owner", "steward"])
@pytest.mark.parametrize("asked", ["", "&q=a&outcome=fail", "&days=365"])
def test_the_quality_tab_costs_ten_statements(company, role, asked):
    grow(company, 5)
    product = _deep(company)
    client = company.client(role)
    client.get("/domains/")

    assert cost(client, f"{product.get_absolute_url()}?tab=quality{asked}") <= QUALITY


def test_the_way_to_a_product_has_all_its_domains(company):
    product = _deep(company)

    page = company.client("steward").get(product.get_absolute_url())

    labels = [crumb["label"] for crumb in page.context["crumbs"]]
    assert labels[0] == "Marketplace"
    assert len(labels[1:]) == len(product.fqn.split(".")) - 1
    assert page.context["crumbs"][-1]["url"] == product.domain.get_absolute_url()
