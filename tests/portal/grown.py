"""More of everything around a company's product, its domain and its team."""

import datetime as dt

from django.utils import timezone

from accounts.actors import system_actor
from accounts.services import AccountData, create_account, create_token
from catalog.contracts.models import SchemaObject, SchemaProperty, Sla
from catalog.governance.models import Term
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
from provisioning.logins.models import Login
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
from tests.portal.company import Company


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
    Request.objects.create(
        kind="service",
        title=name,
        requester=company.people["owner"],
        team=company.team,
        subject={"blueprint": known.blueprint.slug, "version": version.number, "name": name},
        instance_id=instance.pk,
        state="succeeded",
    )
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
    Login.objects.create(
        instance=company.resource.instance,
        holder=member_of(company.team),
        username=name[:63],
        made_at=timezone.now(),
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
