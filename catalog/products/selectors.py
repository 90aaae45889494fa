"""Reads over products, ports and their contracts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast, JSONObject, Length

from accounts.actors import Actor, paths_up
from accounts.models import Domain, Team, User
from catalog.governance.models import Term
from catalog.products.facts import facts_of
from catalog.products.gate import gate_problems
from catalog.products.models import (
    DataProduct,
    FormerName,
    InputPort,
    OutputPort,
    Ownership,
    Revision,
    System,
)
from catalog.products.names import slug_problem
from catalog.products.states import ProductStatus
from catalog.products.talk import with_talk
from core.errors import NotFound
from core.paging import KeysetPage, keyset_page
from core.problems import Problem

SHOWN_TERMS = 30
MAX_INPUTS = 50  # systems on a page
OFF_PAGE = ("document", "text", "domain__field_schema", "successor__document", "successor__text")
MAX_PARTS = 100  # people on a page
UNSEEN = "There is nothing here, or you may not see it."


def product_by_fqn(actor: Actor, fqn: str, *, for_page: bool = False) -> DataProduct:
    """The product of this name, or of this former name: then its `fqn` is another one.

    Args:
        for_page: in the same statement `parts`, `named_terms`, `named_systems` (those it reads),
            `places` (the domains from the top, when the name is the present one), and what the
            head of its page says (`talk.with_talk`); the documents are left out.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    visible = DataProduct.objects.visible_to(actor).select_related("domain", "owner", "successor")
    if for_page:
        visible = with_talk(visible.defer(*OFF_PAGE), actor).annotate(
            parts=ArraySubquery(_parts()),
            named_terms=ArraySubquery(_named_terms()),
            named_systems=ArraySubquery(_named_systems(actor)),
            places=ArraySubquery(_places(fqn)),
        )
    product = visible.filter(fqn=fqn).first()
    if product is None:
        renamed = FormerName.objects.filter(fqn=fqn).values("product")
        product = visible.filter(pk__in=renamed).first()
    if product is None:
        raise NotFound(UNSEEN)
    return product


def _named_terms() -> QuerySet[Any]:
    """Names and addresses of a product's terms, to be read with it."""
    terms = Term.objects.filter(products=OuterRef("pk")).order_by("name")
    return terms.values(pair=JSONObject(id=Cast("id", TextField()), name="name"))[:SHOWN_TERMS]


def _named_systems(actor: Actor) -> QuerySet[Any]:
    """The systems that a product declares as inputs, to be read with it."""
    declared = InputPort.objects.filter(product=OuterRef(OuterRef("pk")), system__isnull=False)
    found = System.objects.visible_to(actor).filter(pk__in=declared.values("system"))
    return found.order_by("fqn").values(pair=JSONObject(fqn="fqn", name="name"))[:MAX_INPUTS]


def _places(fqn: str) -> QuerySet[Any]:
    """The domains that a name lies in, the outermost first."""
    above = Domain.objects.filter(path__in=paths_up(fqn)[:-1]).order_by(Length("path"))
    return above.values(place=JSONObject(path="path", name="name"))


def _parts() -> QuerySet[Any]:
    """People and teams with a part in the product, to be read with it."""
    parts = Ownership.objects.filter(product=OuterRef("pk")).order_by("kind", "pk")
    part = JSONObject(
        kind="kind",
        user="user__username",
        user_name="user__display_name",
        team="team__slug",
        team_name="team__name",
    )
    return parts.values(part=part)[:MAX_PARTS]


def port_by_fqn(actor: Actor, fqn: str) -> OutputPort:
    """The port `<domain>.<product>/<name>@<major>`; former names of the product work too.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    name, _, rest = fqn.partition("/")
    ports = OutputPort.objects.select_related(
        "product__domain", "product__owner", "contract", "contract_version", "next_contract_version"
    )
    product = product_by_fqn(actor, name)
    port = ports.filter(fqn=f"{product.fqn}/{rest}").first()
    if port is None:
        raise NotFound(UNSEEN)
    return port


def history(
    product: DataProduct, *, size: int = 20, cursor: str | None = None
) -> KeysetPage[Revision]:
    """The revisions of a product, the newest first, without their snapshots. One statement."""
    rows = Revision.objects.filter(product=product).defer("snapshot")
    return keyset_page(rows, order=["-number"], size=size, cursor=cursor)


def publish_blockers(product: DataProduct) -> list[Problem]:
    """What a product lacks before it can be published, each with the mend."""
    return [each for each in publish_problems(product) if each.severity == "error"]


def publish_problems(product: DataProduct) -> list[Problem]:
    """What keeps a product from being published, and as warnings what would soon do so.

    Of a proposal only that it is one: what it lacks is asked of the draft. Cost: three statements.
    """
    if product.status == ProductStatus.PROPOSED:
        message = "It is a proposal: accept it as a draft first, on its page or with POST …/accept."
        return [Problem("/status", "not-accepted", message)]
    return gate_problems(list(facts_of([product.pk]).values())).get(product.pk, [])


@dataclass
class Names:
    """Who has which fqn; kept up to date while products are saved one after the other."""

    products: dict[str, str]  # document id of the product, by fqn
    former: dict[str, str]
    others: set[str]  # domains and systems

    def problem(self, slug: str, fqn: str, document_id: str, pointer: str) -> Problem | None:
        """Why the product with this id cannot have the name: form, reserved, or taken."""
        wrong = slug_problem(slug, pointer)
        if wrong is not None:
            return wrong
        holders = {self.products.get(fqn, document_id), self.former.get(fqn, document_id)}
        if holders == {document_id} and fqn not in self.others:
            return None
        return Problem(pointer, "name-taken", f"The name {fqn} is taken; choose another one.")

    def take(self, fqn: str, former: str, document_id: str) -> None:
        """The product has the name from now on; the former one stays reserved for it."""
        if former and former != fqn:
            self.products.pop(former, None)
            self.former[former] = document_id
        self.former.pop(fqn, None)
        self.products[fqn] = document_id


def names_in_use(fqns: Collection[str]) -> Names:
    """What has one of these names, or had it. Four statements."""
    products = DataProduct.objects.filter(fqn__in=fqns).values_list("fqn", "document_id")
    names = FormerName.objects.filter(fqn__in=fqns).values_list("fqn", "product__document_id")
    former = {fqn: holder for fqn, holder in names if holder is not None}
    domains = Domain.objects.filter(path__in=fqns).values_list("path", flat=True)
    systems = System.objects.filter(fqn__in=fqns).values_list("fqn", flat=True)
    of_systems = {fqn for fqn, holder in names if holder is None}
    return Names(dict(products), former, {*domains, *systems, *of_systems})


def name_problems(
    slug: str, fqn: str, product: DataProduct | None, pointer: str
) -> Iterator[Problem]:
    """Why `product` (None: a new one) cannot have this name: form, reserved, or taken."""
    own = "" if product is None else product.document_id
    wrong = names_in_use([fqn]).problem(slug, fqn, own, pointer)
    if wrong is not None:
        yield wrong


def system_by_fqn(actor: Actor, fqn: str) -> System:
    """The system of this name or this former name (then its `fqn` is another one).

    It comes with domain and owner.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    visible = System.objects.visible_to(actor).select_related("domain__parent__parent", "owner")
    system = visible.filter(fqn=fqn).first()
    if system is None:
        system = visible.filter(former_names__fqn=fqn).first()
    if system is None:
        raise NotFound(UNSEEN)
    return system


def system_name_problems(
    slug: str, fqn: str, system: System | None, pointer: str
) -> Iterator[Problem]:
    """Why `system` (None: a new one) cannot have this name: form, reserved, or taken."""
    wrong = slug_problem(slug, pointer)
    if wrong is not None:
        yield wrong
        return
    own = [] if system is None else [system.pk]
    taken = [
        System.objects.exclude(pk__in=own).filter(fqn=fqn),
        DataProduct.objects.filter(fqn=fqn),
        FormerName.objects.filter(fqn=fqn).exclude(system__in=own),
        Domain.objects.filter(path=fqn),
    ]
    if any(each.exists() for each in taken):
        yield Problem(pointer, "name-taken", f"The name {fqn} is taken; choose another one.")


def people_options(typed: str) -> list[dict[str, str]]:
    """Up to ten people and ten teams whose name holds what was typed. Two statements."""
    users = User.objects.filter(is_active=True).filter(
        Q(username__icontains=typed) | Q(display_name__icontains=typed)
    )
    teams = Team.objects.filter(Q(slug__icontains=typed) | Q(name__icontains=typed))
    return [
        *({"value": each.username, "label": str(each)} for each in users.order_by("username")[:10]),
        *(
            {"value": f"team:{each.slug}", "label": each.name}
            for each in teams.order_by("slug")[:10]
        ),
    ]
