"""What reads cost in SQL statements: as DESIGN grants, and no more when there is more to show."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import system_actor
from accounts.services import AccountData, create_account, create_token
from catalog.contracts.models import DataContract, SchemaObject, SchemaProperty, Sla
from catalog.governance.models import Term
from catalog.governance.services import PolicyData, save_policy
from catalog.lineage.models import ProductEdge
from catalog.products.models import (
    Announcement,
    Comment,
    DataProduct,
    Demand,
    Follow,
    InputPort,
    Ownership,
    Revision,
    System,
)
from catalog.products.services.indexing import reindex
from catalog.products.states import ProductStatus
from catalog.quality.models import CheckResult, Incident, IncidentEvent, QualityCheck
from catalog.quality.services import ResultData, record_results
from core import outbox
from core.audit import record
from core.ids import uuid7
from core.positions import number_events
from portal.feed.models import Delivery, Webhook
from provisioning.access.models import Grant
from provisioning.blueprints.models import BlueprintVersion, Resource
from provisioning.consent.models import Consent
from provisioning.drivers.models import Target
from provisioning.jobs.models import Effect, Instance, Operation
from provisioning.recertification.models import Campaign, Review
from provisioning.requests.models import Request
from tests.factories import (
    ContractFactory,
    ContractVersionFactory,
    DomainFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    member_of,
    waiting_request,
)
from tests.portal.company import Company, make_company

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


def grow(company: Company, count: int) -> None:
    """So many more of everything around the product, its domain and its team."""
    for _ in range(count):
        _grow_once(company)
    reindex(list(DataProduct.objects.values_list("pk", flat=True)))


def _grow_once(company: Company) -> None:
    product, team, owner = company.product, company.team, company.people["owner"]
    name = f"n{uuid7().hex}"
    person, other = UserFactory(), TeamFactory(domain=team.domain)
    version = ContractVersionFactory(contract=ContractFactory(owner=team))
    table = SchemaObject.objects.create(version=version, position=0, name="orders")
    SchemaProperty.objects.create(object=table, position=0, path="id", name="id", tags=["pii"])
    Sla.objects.create(version=version, property="latency", value="4")
    port = PortFactory(
        product=product,
        name=name,
        contract=version.contract,
        contract_version=version,
        location={"schema": "sales", "tables": {"orders": {"table": "orders", "columns": {}}}},
    )
    check = QualityCheck.objects.create(port=port, key=name, name=name, dimension="accuracy")
    now = timezone.now()
    ago = dt.timedelta(minutes=CheckResult.objects.count())
    record_results(
        source="test",
        results=[
            ResultData(check.pk, "fail", now - ago, 100, 3),
            ResultData(company.check.pk, "fail", now - ago, 100, 3),
        ],
    )
    for source in (True, False):
        other_product = ProductFactory(owner=team)
        PortFactory(product=other_product)
        ends = (other_product, product) if source else (product, other_product)
        ProductEdge.objects.create(source=ends[0], target=ends[1], origin="declared", via=port.fqn)
        InputPort.objects.create(product=ends[1], name=name, version="1" if source else "2")
    system = System.objects.create(
        document_id=name, slug=name, fqn=f"sales.{name}", name=name, domain=team.domain, owner=team
    )
    InputPort.objects.create(product=product, name=name, version="3", system=system)
    InputPort.objects.create(product=other_product, name=name, system=company.system)
    for broken in (product, other_product):
        Incident.objects.create(
            product=broken, cause="manual", title=name, broke_at=timezone.now(), port=port
        )
    IncidentEvent.objects.create(incident=company.incident, kind="note", note=name)
    Ownership.objects.create(product=product, kind="expert", user=person)
    Follow.objects.create(product=product, user=person)
    Follow.objects.create(product=other_product, user=owner)
    Announcement.objects.create(product=product, title=name, author=owner)
    Announcement.objects.create(product=other_product, title=name, author=owner)
    comment = Comment.objects.create(product=product, author=person, body=name)
    Comment.objects.create(product=product, author=owner, body=name, parent=comment)
    term = Term.objects.create(slug=name, name=name, definition=name, owner=team)
    product.terms.add(term)
    other_product.terms.add(company.term)
    Demand.objects.create(title=name, domain=team.domain, author=person)
    number = Revision.objects.filter(product=product).count() + 10
    Revision.objects.create(
        product=product, number=number, actor="x", verb="product.updated", snapshot={}
    )
    record(actor="x", verb="product.updated", kind="product", object_id=product.fqn)
    _grant(company, port, other, owner)
    _resource(company, name)
    DomainFactory(path=f"sales.{name}", parent=team.domain)
    Target.objects.create(slug=name, name=name, driver="postgres", owner=team)
    create_token(user=owner, name=name, scopes=["read"])
    create_token(user=member_of(team), name=name, scopes=["read"], team=team)
    create_account(team=team, data=AccountData(name, "x"), actor=system_actor())


def _resource(company: Company, name: str) -> None:
    """A further sandbox of a further version, and a job and an effect more of the company's own."""
    known = company.resource.version
    version = BlueprintVersion.objects.create(
        blueprint=known.blueprint,
        number=BlueprintVersion.objects.filter(blueprint=known.blueprint).count() + 1,
        text=known.text,
        document=known.document,
        created_by="x",
    )
    instance = Instance.objects.create(
        kind="sandbox",
        name=name,
        domain=company.team.domain,
        owner=company.team,
        driver="postgres",
        observed_state="present",
    )
    Resource.objects.create(instance=instance, version=version, place=name[:63])
    operation = Operation.objects.create(
        instance=company.resource.instance,
        kind="update",
        title=name,
        state="failed",
        actor_id=0,
        actor_name="x",
        spec={"steps": []},
        deadline_at=timezone.now(),
        finished_at=timezone.now(),
    )
    Effect.objects.create(
        instance=company.resource.instance,
        operation=operation,
        step_n=0,
        driver="postgres",
        kind="role",
        name=name,
    )


def _grant(company: Company, port, reader, owner) -> None:
    """A request that waits, one that was decided, and the grant that came of it."""
    given = {
        "kind": "access",
        "title": "Read orders",
        "requester": owner,
        "team": reader,
        "parameters": company.request.parameters | {"port": port.fqn},
        "subject": {
            "port": port.fqn,
            "port_id": str(port.pk),
            "product_id": str(port.product_id),
        },
    }
    waiting_request(company.team, **given)
    done = Request.objects.create(
        **given, state="running", operation=company.operation, decided_at=timezone.now()
    )
    instance = Instance.objects.create(
        kind="grant", name=port.name, domain=company.team.domain, owner=reader, driver="postgres"
    )
    grant = Grant.objects.create(
        request=done,
        instance=instance,
        port=port,
        consumer_team=reader,
        purpose="x",
        state="active",
        until=timezone.now() + dt.timedelta(days=9),
    )
    Review.objects.create(campaign=company.campaign, grant=grant)
    outbox.emit("grant.changed", key=grant.pk, grant_id=str(grant.pk), verb="grant.activated")
    number_events()
    Delivery.objects.create(
        webhook=company.delivery.webhook, event_id=uuid7(), type="grant.activated", body="{}"
    )
    webhook = Webhook.objects.get(pk=company.delivery.webhook_id)
    webhook.pk = uuid7()
    webhook.save(force_insert=True)
    Consent.objects.create(grant=grant, version=company.contract_version, on=grant.until)
    Campaign.objects.create(name=port.name, silence="keep", created_by=owner, due_at=grant.until)


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
