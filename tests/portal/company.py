"""A small company with one thing of each kind, and one person for each role."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone

from accounts.actors import system_actor
from accounts.models import ApiToken, Domain, Team, User
from accounts.services import AccountData, create_account, create_token
from accounts.states import PortalRole, TeamRole
from accounts.states import Scope as TokenScope
from catalog.contracts.models import ContractVersion
from catalog.governance.models import Policy, Term
from catalog.governance.services import PolicyData, save_policy
from catalog.lineage.keys import key_of, node_key_of
from catalog.lineage.models import Dataset, DatasetEdge, NamespaceClaim
from catalog.products.data import SystemData, SystemPortData
from catalog.products.models import (
    Announcement,
    Comment,
    DataProduct,
    Demand,
    OutputPort,
    System,
)
from catalog.products.services import put_system
from catalog.products.services.indexing import reindex
from catalog.products.states import ProductStatus
from catalog.quality.models import Incident, QualityCheck
from core.crypto import encrypt
from core.documents import load_documents
from core.ids import uuid7
from core.outbound.signing import new_secret
from portal.feed.models import Delivery, Webhook
from provisioning.access.models import Grant
from provisioning.blueprints.models import BlueprintVersion, Resource
from provisioning.blueprints.services import register_builtin
from provisioning.consent.models import Consent
from provisioning.drivers.models import Target
from provisioning.drivers.targets import seal
from provisioning.jobs.models import Instance, Operation
from provisioning.jobs.services import StepSpec
from provisioning.logins.models import Login
from provisioning.recertification.models import Campaign, Review
from provisioning.requests.models import DecisionRule, Delegation, Request
from provisioning.requests.selectors.back_testing import Scope
from provisioning.requests.services import save_rule
from provisioning.requests.states import RequestState
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

ROLES = (
    "visitor",
    "member",
    "contributor",
    "owner",
    "domain owner",
    "steward",
    "platform",
    "admin",
    "reading token",
    "team token",
)


@dataclass
class Company:
    """Everything belongs to `team`, in a domain of another team, and is a draft or restricted."""

    team: Team
    people: dict[str, User]
    headers: dict[str, dict[str, str]]
    product: DataProduct
    port: OutputPort
    contract_version: ContractVersion
    request: Request
    operation: Operation
    grant: Grant
    dataset: Dataset
    edge: DatasetEdge
    token: ApiToken
    account: User
    policy: Policy
    term: Term
    system: System
    announcement: Announcement
    comment: Comment
    demand: Demand
    target: Target
    resource: Resource
    login: Login
    rule: DecisionRule
    delegation: Delegation
    campaign: Campaign
    review: Review
    consent: Consent
    delivery: Delivery
    incident: Incident
    check: QualityCheck

    @cached_property
    def sessions(self) -> dict[str, str]:
        """The session cookie of each person."""
        found = {}
        for role, person in self.people.items():
            client = Client()
            client.force_login(person)
            found[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
        return found

    @cached_property
    def _handler(self) -> ClientHandler:
        """One for all: each loads the middleware, which takes as long as a small page."""
        return Client().handler

    def client(self, role: str) -> Client:
        """A browser of that person; visitors and tokens come without a session."""
        client = Client()
        client.handler = self._handler
        if role in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        return client


def make_company() -> Company:
    """One of each; the consumer's team has asked for access and has a grant."""
    above = TeamFactory(slug="domain-team")
    domain = DomainFactory(path="sales", owner=above)
    team = TeamFactory(slug="sales-team", domain=domain)
    consumer = member_of(TeamFactory(slug="marketing-team"), username="consumer")
    people = {
        "member": UserFactory(username="member"),
        "contributor": member_of(team, TeamRole.CONTRIBUTOR, username="contributor"),
        "owner": member_of(team, username="owner"),
        "domain owner": member_of(above, username="domain-owner"),
        "steward": UserFactory(username="steward", portal_role=PortalRole.STEWARD),
        "platform": UserFactory(username="platform", portal_role=PortalRole.PLATFORM),
        "admin": UserFactory(username="admin", portal_role=PortalRole.ADMIN),
    }
    owner = people["owner"]
    _, reading = create_token(user=owner, name="reading", scopes=[TokenScope.READ])
    token, acting = create_token(
        user=owner, name="team", scopes=[TokenScope.READ, TokenScope.WRITE], team=team
    )
    product, port, contract_version = _product(team)
    request, operation, grant = _access(team, consumer, port)
    campaign = _campaign(people["steward"], grant)
    namespace = "postgres://db:5432"
    dataset = Dataset.objects.create(
        namespace=namespace,
        name="a.b.c",
        node_id=(node_id := f"dataset:{namespace}:a.b.c"),
        key=key_of(namespace, "a.b.c"),
        node_key=node_key_of(node_id),
        port=port,
    )
    waiting = Dataset.objects.create(
        namespace=namespace,
        name="waits",
        node_id=(node_id := f"dataset:{namespace}:waits"),
        key=key_of(namespace, "waits"),
        node_key=node_key_of(node_id),
        posted_by=team,
    )
    NamespaceClaim.objects.create(namespace="s3://sales-exports", team=team)
    edge = DatasetEdge.objects.create(
        source=waiting, target=dataset, origin="manual", reason="Known to the team"
    )
    register_builtin(actor=system_actor(), owner_team=team)
    resource = _resource(team)
    return Company(
        resource=resource,
        login=Login.objects.create(
            instance=resource.instance, holder=owner, username="lg_owner", **SHOWN
        ),
        team=team,
        people=people,
        headers={
            "reading token": {"Authorization": f"Bearer {reading}"},
            "team token": {"Authorization": f"Bearer {acting}"},
        },
        product=product,
        port=port,
        check=QualityCheck.objects.create(port=port, key="plain:x", name="No gaps"),
        contract_version=contract_version,
        request=request,
        operation=operation,
        grant=grant,
        campaign=campaign,
        review=campaign.reviews.get(),
        consent=_consent(grant, contract_version),
        delivery=_delivery(team),
        incident=_incident(product),
        dataset=dataset,
        edge=edge,
        token=token,
        account=create_account(
            team=team, data=AccountData("nightly", "Loads"), actor=system_actor()
        ),
        policy=_policy(domain, team),
        term=Term.objects.create(
            slug="order", name="Order", definition="x", domain=domain, owner=team
        ),
        system=_system(team),
        announcement=Announcement.objects.create(product=product, title="Late today"),
        comment=Comment.objects.create(product=product, author=owner, body="How fresh is it?"),
        demand=Demand.objects.create(title="Weather", need="By day.", domain=domain, author=owner),
        target=_target(team),
        rule=_rule(port),
        delegation=Delegation.objects.create(
            from_user=owner,
            to_user=people["contributor"],
            starts_at=timezone.now() + dt.timedelta(days=1),
            ends_at=timezone.now() + dt.timedelta(days=9),
        ),
    )


def _incident(product: DataProduct) -> Incident:
    return Incident.objects.create(
        product=product, cause="manual", title="Prices are wrong", broke_at=timezone.now()
    )


def _rule(port: OutputPort) -> DecisionRule:
    """A rule of the port's: its owner decides."""
    version = save_rule(
        actor=system_actor(),
        name="The owner decides",
        condition="duration > 400",
        outcome={"stages": [[{"side": "owner"}]]},
        scope=Scope(port=port),
    )
    return version.rule


def _target(team: Team) -> Target:
    """A database inside that nobody allowed: every look at it ends before a connection."""
    made = Target(slug="lake", name="Lake", driver="postgres", owner=team)
    seal(made, {"url": "postgresql://a:b@10.0.0.1/w"})
    made.save()
    return made


def _delivery(team: Team) -> Delivery:
    """What a webhook of the team was sent; it leads inside, so nothing is called."""
    webhook = Webhook(
        team=team, name="Pipeline", url="https://10.0.0.1/hook", created_by="olga", types=[]
    )
    webhook.secret = encrypt(new_secret().encode(), bound_to=str(webhook.pk))
    webhook.save()
    return Delivery.objects.create(
        webhook=webhook, event_id=uuid7(), type="product.published", body="{}"
    )


SHOWN = {"made_at": timezone.now(), "revealed_at": timezone.now()}
WORKPLACE = StepSpec(
    "Roles", "postgres", "roles", {"slug": "trial", "builds": True, "until": "2099-01-01"}
)


def _resource(team: Team) -> Resource:
    """A sandbox of the team, as the built-in blueprint makes it."""
    instance = Instance.objects.create(
        kind="sandbox",
        name="sales.trial",
        plan="sandbox@1",
        domain=team.domain,
        owner=team,
        driver="postgres",
        observed_state="present",
        observed_generation=1,
        desired_spec={"steps": [WORKPLACE.as_document()]},
    )
    return Resource.objects.create(
        instance=instance,
        version=BlueprintVersion.objects.get(blueprint__slug="sandbox"),
        parameters={"name": "Trial", "purpose": "Try things out.", "until": "2099-01-01"},
        place="trial",
    )


def _policy(domain: Domain, team: Team) -> Policy:
    """A draft of the domain's."""
    data = PolicyData(
        name="Orders are described",
        rule='description != ""',
        words="x",
        mend="x",
        owner=team,
        domain=domain,
    )
    return save_policy(data=data, actor=system_actor()).policy


def _product(team: Team) -> tuple[DataProduct, OutputPort, ContractVersion]:
    product = ProductFactory(slug="orders", owner=team, status=ProductStatus.DRAFT)
    contract = ContractFactory(document_id="orders", owner=team, visibility="restricted")
    version = ContractVersionFactory(contract=contract)
    port = PortFactory(product=product, name="table", contract=contract, contract_version=version)
    reindex([product.pk])
    return product, port, version


def _system(team: Team) -> System:
    document = {"openapi": "3.1.0", "paths": {"/orders": {"get": {"summary": "All orders"}}}}
    port = SystemPortData(
        name="table", kind="openapi", document=load_documents(json.dumps(document))[0]
    )
    data = SystemData(
        document_id="till", name="Till", domain=team.domain, owner=team, ports=(port,)
    )
    system, _, _ = put_system(data=data, actor=system_actor())
    return system


def _consent(grant: Grant, version: ContractVersion) -> Consent:
    """The consumer cannot go along with a change of the port."""
    return Consent.objects.create(
        grant=grant,
        version=version,
        on=timezone.now().date() + dt.timedelta(days=20),
        state="blocked",
        note="Our report breaks",
    )


def _campaign(steward: User, grant: Grant) -> Campaign:
    campaign = Campaign.objects.create(
        name="Autumn",
        silence="keep",
        created_by=steward,
        due_at=timezone.now() + dt.timedelta(days=9),
    )
    Review.objects.create(campaign=campaign, grant=grant)
    return campaign


def _access(team: Team, consumer: User, port: OutputPort) -> tuple[Request, Operation, Grant]:
    asking = consumer.teams.get()
    instance = Instance.objects.create(
        kind="grant", name="x", domain=team.domain, owner=team, driver="postgres"
    )
    operation = Operation.objects.create(
        instance=instance,
        kind="bind",
        title="Read orders",
        actor_id=consumer.pk,
        actor_name=consumer.username,
        spec={"steps": []},
        deadline_at=timezone.now(),
    )
    given = {
        "kind": "access",
        "title": "Read orders",
        "requester": consumer,
        "team": asking,
        "parameters": {"port": port.fqn, "consumer": f"team:{asking.slug}", "until": "2099-01-01"},
        "subject": {
            "port": port.fqn,
            "port_id": str(port.pk),
            "product_id": str(port.product_id),
        },
    }
    done = Request.objects.create(
        **given, state=RequestState.RUNNING, operation=operation, decided_at=timezone.now()
    )
    grant = Grant.objects.create(
        request=done,
        instance=instance,
        port=port,
        consumer_team=asking,
        purpose="Weekly report",
        state="active",
        until=timezone.now() + dt.timedelta(days=9),
    )
    waiting = waiting_request(team, **given)
    return waiting, operation, grant
