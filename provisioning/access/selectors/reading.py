"""Reads over ports, consumers and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import DateTimeField, Q, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from psycopg.types.json import Jsonb

from accounts.actors import Actor
from accounts.models import Team, User
from accounts.policies import can_act_for_team
from catalog.governance.models import ClassificationLevel
from catalog.products.models import DataProduct, OutputPort
from catalog.products.states import ProductStatus
from core import prepared
from core.reading import compiled
from provisioning.access.models import Credential, Grant, GrantQuerySet
from provisioning.access.selectors.opening import grant_targets
from provisioning.access.states import COVERED_BY, AccessMode, GrantState
from provisioning.drivers.protocol import Ability
from provisioning.jobs.models import Instance, Operation
from provisioning.requests.models import Request
from provisioning.requests.states import RequestKind, RequestState

SOME_PRODUCT = UUID(int=0)
PRODUCT_CHOICES = 100  # products offered as consumer in a form
MAX_ROWS = 200


@dataclass(frozen=True)
class Consumer:
    """Who shall read: exactly one of the three."""

    team: Team | None = None
    user: User | None = None
    product: DataProduct | None = None

    @property
    def text(self) -> str:
        """As the interfaces write it: `team:<slug>`, `user:<name>` or `product:<fqn>`."""
        if self.team is not None:
            return f"team:{self.team.slug}"
        if self.user is not None:
            return f"user:{self.user.username}"
        assert self.product is not None
        return f"product:{self.product.fqn}"

    @property
    def reader(self) -> str:
        """As targets may know it: `user:<name>`, or `group:<slug>` of the team that answers."""
        team = self.responsible
        return f"group:{team.slug}" if team is not None else self.text

    @property
    def label(self) -> str:
        return str(self.team or self.user or self.product)

    @property
    def responsible(self) -> Team | None:
        """The team that answers for it; a person answers for themselves."""
        return self.product.owner if self.product is not None else self.team


def consumer_of(grant: Grant) -> Consumer:
    """Who reads through the grant."""
    return Consumer(grant.consumer_team, grant.consumer_user, grant.consumer_product)


def consumer_fields(consumer: Consumer) -> dict[str, object]:
    """The three columns of a grant that say who reads."""
    return {
        "consumer_team": consumer.team,
        "consumer_user": consumer.user,
        "consumer_product": consumer.product,
    }


def find_consumer(text: str) -> Consumer | None:
    """The consumer of that name, whoever may act for it; None when there is none."""
    kind, _, name = text.partition(":")
    if kind == "team":
        team = Team.objects.filter(slug=name).first()
        return Consumer(team=team) if team else None
    if kind == "user":
        user = User.objects.filter(username=name, is_active=True).first()
        return Consumer(user=user) if user else None
    if kind == "product":
        product = DataProduct.objects.select_related("owner").filter(fqn=name).first()
        return Consumer(product=product) if product else None
    return None


def may_ask_for(actor: Actor, consumer: Consumer) -> bool:
    """True when the actor may ask in this consumer's name."""
    if consumer.user is not None:
        return actor.is_admin or consumer.user.pk == actor.user_id
    team = consumer.responsible
    return team is not None and can_act_for_team(actor, team.pk)


def consumer_choices(actor: Actor, but: UUID | None = None) -> list[Consumer]:
    """Teams first, then the actor, then products of their teams. Three SQL statements.

    Args:
        but: the product that is asked for; it does not read itself.
    """
    teams = Team.objects.filter(pk__in=actor.contributor_team_ids)
    users = User.objects.filter(pk=actor.user_id or 0)
    products = (
        DataProduct.objects.visible_to(actor)
        .select_related("owner")
        .filter(owner__in=actor.contributor_team_ids)
        .exclude(status=ProductStatus.RETIRED)
    )
    if but is not None:
        products = products.exclude(pk=but)
    return [
        *(Consumer(team=team) for team in teams),
        *(Consumer(user=user) for user in users),
        *(Consumer(product=product) for product in products[:PRODUCT_CHOICES]),
    ]


@dataclass(frozen=True)
class Standing:
    """How somebody stands to the ports of a product; keys are port ids, in the ports' order."""

    grants: Mapping[UUID, Grant]  # live, held by them
    waiting: Mapping[UUID, Request]  # asked for by them or their team
    open: Sequence[OutputPort]  # can be asked for
    writable: frozenset[UUID] = frozenset()  # could be written, if their owner offers it


def standing_of(product: DataProduct, actor: Actor) -> Standing:
    """What the actor has, has asked for and may ask for. Three SQL statements."""
    ports = list(product.output_ports.all())
    for port in ports:
        port.product = product
    targets = grant_targets(ports)
    grants, waiting = _held_and_asked(product, actor)
    takes_readers = product.status != ProductStatus.DEPRECATED
    return Standing(
        grants,
        waiting,
        [port for port in ports if takes_readers and port.pk in targets],
        frozenset(pk for pk, target in targets.items() if target.can(Ability.WRITE)),
    )


def _held_and_asked(
    product: DataProduct, actor: Actor
) -> tuple[dict[UUID, Grant], dict[UUID, Request]]:
    """As `Standing` has them, with no more than its pages show; read in one statement."""
    statement, parameters = _standing_statement(actor)
    rows = prepared.ask(statement, *(_about(product, each) for each in parameters))
    grants: dict[UUID, Grant] = {}
    waiting: dict[UUID, Request] = {}
    # what is written down last counts: writing before reading, then the later end
    for pk, port_text, state, until, number, driver, mode in sorted(
        rows, key=lambda row: (row[6] == AccessMode.WRITE, str(row[3]))
    ):
        port_id = UUID(port_text)
        if until is not None:
            instance = Instance(pk=pk, driver=driver)
            values: dict[str, Any] = {"state": state, "until": until, "mode": mode}
            grants[port_id] = Grant(pk=pk, port_id=port_id, instance=instance, **values)
        else:
            waiting[port_id] = Request(pk=pk, number=number)
    return grants, waiting


def _about(product: DataProduct, parameter: Any) -> Any:
    """A parameter of `_standing_statement`, of this product."""
    if isinstance(parameter, Jsonb):
        return Jsonb(str(product.pk))
    return product.pk if parameter == SOME_PRODUCT else parameter


@lru_cache(maxsize=1_000)
def _standing_statement(actor: Actor) -> tuple[str, tuple[Any, ...]]:
    """Kept for a person and their rights, with `SOME_PRODUCT` where a product belongs."""
    held = Grant.objects.live().held_by(actor).filter(port__product=SOME_PRODUCT)
    asked = Request.objects.filter(
        Q(requester_id=actor.user_id) | Q(team__in=actor.team_ids),
        kind=RequestKind.ACCESS,
        state=RequestState.WAITING,
        subject__product_id=str(SOME_PRODUCT),
    )
    none = Cast(Value(None), DateTimeField())
    return compiled(
        held.order_by()
        .values_list(
            *("pk", Cast("port_id", TextField()), "state", "until"),
            *(Value(0), "instance__driver", "mode"),
        )
        .union(
            asked.order_by().values_list(
                *("pk", KeyTextTransform("port_id", "subject"), Value("")),
                *(none, "number", Value(""), Value("")),
            ),
            all=True,
        )
    )


def covering(port_id: UUID, consumer: Consumer, mode: str) -> GrantQuerySet:
    """Live grants through which the consumer may do that already: who writes reads, too."""
    return Grant.objects.live().filter(
        port_id=port_id, mode__in=COVERED_BY[mode], **consumer_fields(consumer)
    )


def grants_of_product(product: DataProduct, actor: Actor) -> list[Grant]:
    """Live grants on the product's ports that the actor may see, with what a row shows."""
    grants = Grant.objects.visible_to(actor).live().filter(port__product=product)
    return list(grants.for_lists().with_use()[:MAX_ROWS])


def own_credential(grant: Grant, actor: Actor) -> Credential | None:
    """The actor's login for the grant, without opening it."""
    return (
        Credential.objects.filter(grant=grant, holder_id=actor.user_id, destroyed_at__isnull=True)
        .defer("ciphertext")
        .first()
    )


def needs_legal_basis(port: OutputPort) -> bool:
    """True when whoever asks has to name why personal data may be processed."""
    return ClassificationLevel.objects.filter(
        slug=port.product.classification, needs_legal_basis=True
    ).exists()


def extended_grant(request: Request) -> Grant | None:
    """The grant that a request asks to have longer, whatever has become of it."""
    extends = request.subject.get("extends")
    return Grant.objects.for_lists().filter(pk=extends).first() if extends else None


def running_grant(request: Request) -> Grant | None:
    """The grant that a request asks to have longer, while it is in force."""
    grant = extended_grant(request)
    return grant if grant is not None and grant.is_live else None


def grant_id_of(request: Request) -> UUID | None:
    """The grant that a request made, or made longer; None before its work began.

    A grant has the id of its instance. One SQL statement where the request asked for more time
    and its operation is not loaded.
    """
    if request.operation_id is None or "extends" not in request.subject:
        return request.instance_id if request.operation_id else None
    return request.operation.instance_id if request.operation else None


def active_operation(grant: Grant) -> Operation | None:
    """What is being done to the grant just now."""
    return active_operations([grant]).get(grant.instance_id)


def active_operations(grants: Iterable[Grant]) -> dict[UUID, Operation]:
    """What is being done to grants just now, by instance."""
    instances = [each.instance_id for each in grants]
    found = Operation.objects.active().filter(instance_id__in=instances)
    return {each.instance_id: each for each in found if each.instance_id is not None}


def readers(product_id: UUID) -> tuple[set[int], set[int], int]:
    """Team ids, user ids and the number of consumers that read the product through live grants."""
    rows = Grant.objects.filter(port__product_id=product_id, state=GrantState.ACTIVE).values_list(
        "consumer_team_id", "consumer_user_id", "consumer_product_id", "consumer_product__owner_id"
    )
    found = set(rows)
    teams = {team or owner for team, _, _, owner in found if team or owner}
    users = {user for _, user, _, _ in found if user}
    return teams, users, len(found)
