"""From a product to its ODPS document: as it was given, brought up to date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet

from accounts.actors import Actor
from accounts.models import Domain, Team, User
from catalog.products import policies
from catalog.products.data import InputData, LinkData, OwnershipData, PortData, ProductData
from catalog.products.descriptors.translation import EXTRA_PREFIX, TEAM_PREFIX, product_data
from catalog.products.formats import odps
from catalog.products.formats.detect import DATA_PRODUCT, detect_kind
from catalog.products.formats.odps_merge import merged
from catalog.products.models import DataProduct, InputPort, OutputPort
from catalog.products.names import normal_tags, slugified
from catalog.products.states import ProductStatus, Visibility
from core.documents import Document, DocumentError, dump_yaml, load_documents
from core.errors import NotAllowed


def descriptor_of(product: DataProduct) -> tuple[dict[str, Any], str]:
    """The product as an ODPS document: the data, and its YAML.

    What was given comes back as it was, comments included, while nothing was changed since.
    Later changes are written into it; everything that the portal does not read stays. A product
    made by a form, or from another standard, is described from its rows. `domain` and `owner`
    must be loaded.

    Cost: four statements, two more where the given domain and team are not the portal's, and two
    where people are named.
    """
    now = data_of(product)
    given = product.document
    if not isinstance(given, dict) or detect_kind(given) != DATA_PRODUCT:
        data = described(now)
        return data, dump_yaml(data)
    before = product_data(odps.parse(given), Document(given, "", "yaml"), now.domain, now.owner)
    before, now = _kept(before, now, product)
    domain, team = str(given.get("domain") or ""), _team_named(given)
    old = _placed(described(before), domain, team)
    new = _placed(described(now), *_places(product, domain, team))
    _tell_status(given, old, new)
    if old == new:
        return given, _verbatim(product) or dump_yaml(given)
    data = merged(_as_written(product, given), old, new)
    return data, dump_yaml(data)


def unchanged_ids(items: Iterable[ProductData], actor: Actor) -> frozenset[str]:
    """Those that say of a product what its export says, in the same place: nothing to do.

    Cost: one statement, and a few more for each product whose document is another one.
    """
    by_id = {each.document_id: each for each in items if each.document is not None}
    known = DataProduct.objects.filter(document_id__in=by_id).select_related("domain", "owner")
    return frozenset(
        product.document_id
        for product in known
        if _says_the_same(by_id[product.document_id], product, actor)
    )


def _says_the_same(data: ProductData, product: DataProduct, actor: Actor) -> bool:
    if data.document is None or data.document.data == product.document:
        return False  # the services compare it field by field
    if (data.domain.pk, data.owner.pk) != (product.domain_id, product.owner_id):
        return False
    try:
        policies.require_product_write(actor, product, data.owner)
    except NotAllowed:
        return False
    exported, _ = descriptor_of(product)
    return bool(exported == data.document.data)


def data_of(product: DataProduct) -> ProductData:
    """The product as it is. Four statements; `domain` and `owner` must be loaded."""
    ports = product.output_ports.select_related(
        "contract", "contract_version", "next_contract_version__contract"
    )
    loaded = ports.defer(
        "contract_version__document",
        "contract_version__text",
        "next_contract_version__document",
        "next_contract_version__text",
    )
    people = product.ownerships.select_related("user", "team").order_by("kind", "pk")
    return ProductData(
        document_id=product.document_id,
        name=product.name,
        domain=product.domain,
        owner=product.owner,
        slug=product.slug,
        status=product.status,
        purpose=product.purpose,
        description=product.description,
        limitations=product.limitations,
        usage=product.usage,
        archetype=product.archetype,
        visibility=product.visibility,
        classification=product.classification,
        version=product.version,
        tags=tuple(product.tags),
        ports=tuple(_port_data(port) for port in loaded),
        inputs=tuple(_input_data(each) for each in product.input_ports.all()),
        links=tuple(
            LinkData(kind=each["kind"], label=each["label"], url=each["url"])
            for each in product.links
        ),
        extra=product.extra,
        terms=tuple(product.terms.order_by("name", "pk").values_list("slug", flat=True)),
        ownerships=tuple(
            OwnershipData(
                kind=each.kind,
                user=each.user.username if each.user else "",
                team=each.team.slug if each.team else "",
            )
            for each in people
        ),
    )


def _port_data(port: OutputPort) -> PortData:
    version, contract_version, breaking_from = port.wanted
    contract = port.next_contract_version.contract if port.next_contract_version else port.contract
    return PortData(
        name=port.name,
        major=port.major,
        version=version,
        title=port.title,
        description=port.description,
        technology=port.technology,
        contract_id=contract.document_id if contract else "",
        contract_version=contract_version,
        requestable=port.requestable,
        breaking_from=breaking_from,
    )


def _input_data(port: InputPort) -> InputData:
    return InputData(
        name=port.name,
        version=port.version,
        contract_id=port.contract_document_id,
        system=port.system_name,
    )


def described(data: ProductData) -> dict[str, Any]:
    """A whole ODPS v1.1.0 document of these values; reading it gives the same values."""
    return odps.product_descriptor(
        document_id=data.document_id,
        name=data.name,
        version=data.version,
        status=data.status,
        domain=data.domain.path,
        team=data.owner.slug,
        purpose=data.purpose,
        usage=data.usage,
        limitations=data.limitations,
        archetype=data.archetype,
        tags=normal_tags(data.tags),
        input_ports=[_input_port(each) for each in data.inputs],
        output_ports=[_output_port(each) for each in data.ports],
        links=[(each.kind, each.label, each.url) for each in data.links or ()],
        members=[
            odps.Member(each.user or f"{TEAM_PREFIX}{each.team}", each.kind, has_left=False)
            for each in data.ownerships or ()
        ],
        custom_properties=dict(_properties(data)),
    )


def _properties(data: ProductData) -> Iterator[tuple[str, Any]]:
    yield "slug", data.slug
    if data.description:
        yield "description", data.description
    if data.visibility not in ("", Visibility.COMPANY):
        yield "visibility", data.visibility
    if data.classification:
        yield "classification", data.classification
    if data.terms:
        yield "terms", list(data.terms)
    for name, value in (data.extra or {}).items():
        yield f"{EXTRA_PREFIX}{name}", value


def _input_port(each: InputData) -> odps.InputPort:
    properties = {"system": each.system} if each.system else {}
    return odps.InputPort(
        each.name[:200], each.version[:60], each.contract_id[:400], (), properties
    )


def _output_port(each: PortData) -> odps.OutputPort:
    named = each.title if slugified(each.title) == each.name else each.name
    properties: dict[str, Any] = {"title": each.title} if each.title and each.title != named else {}
    if each.contract_version and each.contract_version != each.version:
        properties["contractVersion"] = each.contract_version
    if not each.requestable:
        properties["requestable"] = False
    if each.breaking_from is not None:
        properties["breakingFrom"] = each.breaking_from.isoformat()
    return odps.OutputPort(
        name=named,
        version=each.version or (str(each.major) if each.major != 1 else ""),
        type=each.technology,
        description=each.description,
        contract_id=each.contract_id,
        custom_properties=properties,
    )


def _kept(
    before: ProductData, now: ProductData, product: DataProduct
) -> tuple[ProductData, ProductData]:
    """Both, alike in what a document leaves open or says in other words of the same meaning."""
    ports = {(port.name, port.major): port for port in now.ports}
    systems = {(each.name, each.version): each.system for each in now.inputs}
    before = replace(
        before,
        slug=before.slug or now.slug,
        visibility=before.visibility or now.visibility,
        classification=before.classification or now.classification,
        ownerships=_known_people(before.ownerships),
        ports=tuple(_kept_port(port, ports.get((port.name, port.major))) for port in before.ports),
    )
    said = {(each.name[:200], each.version[:60]): each.system for each in before.inputs}
    inputs = tuple(
        replace(each, system=systems[each.name, each.version] or said.get(key, ""))
        for each in now.inputs
        for key in [(each.name, each.version)]
    )
    now = replace(
        now,
        inputs=inputs,
        terms=_terms(before.terms, now.terms, product),
        ownerships=_people(before.ownerships, now.ownerships, product),
    )
    return before, now


def _kept_port(said: PortData, now: PortData | None) -> PortData:
    if now is None or said.contract_version:
        return said
    return replace(said, contract_version=now.contract_version)


def _terms(
    said: tuple[str, ...] | None, now: tuple[str, ...] | None, product: DataProduct
) -> tuple[str, ...] | None:
    """As the document names them, where it names exactly those."""
    if not said or not now:
        return now
    slugs = {term.name.casefold(): term.slug for term in product.terms.all()}
    same = {slugs.get(each.casefold(), each) for each in said}
    return said if same == set(now) else now


def _known_people(said: tuple[OwnershipData, ...] | None) -> tuple[OwnershipData, ...] | None:
    """Those whom the portal knows; the others stay in the document. None or two statements."""
    if not said:
        return said
    names = {each.user.strip() for each in said} - {""}
    users = User.objects.filter(Q(username__in=names) | Q(email__in=names), is_active=True)
    known = {name for pair in users.values_list("username", "email") for name in pair}
    slugs = {each.team.strip() for each in said} - {""}
    teams = set(Team.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    return tuple(each for each in said if each.user.strip() in known or each.team in teams - {""})


def _people(
    said: tuple[OwnershipData, ...] | None,
    now: tuple[OwnershipData, ...] | None,
    product: DataProduct,
) -> tuple[OwnershipData, ...]:
    """By the mail address where the document names them so."""
    mails = {
        each.user.username: each.user.email
        for each in product.ownerships.select_related("user")
        if each.user
    }
    named = {(each.kind, each.user) for each in said or ()}
    return tuple(
        replace(each, user=mails[each.user])
        if each.user and (each.kind, mails[each.user]) in named
        else each
        for each in now or ()
    )


def _places(product: DataProduct, domain: str, team: str) -> tuple[str, str]:
    """Domain and team as the document should name them: as it does while they mean the same.

    A name that the portal does not know was placed by an option; it stays until the product moves.
    """
    path, slug = product.domain.path, product.owner.slug
    domains = Domain.objects.filter(path=domain)
    if domain != path and not _is_outdated(product, "domain", domains):
        path = domain
    teams = Team.objects.filter(Q(slug=team) | Q(name__iexact=team.strip()))
    same = team.casefold() in (product.owner.name.casefold(), slug)
    if same or not _is_outdated(product, "owner", teams):
        slug = team
    return path, slug


def _is_outdated(product: DataProduct, field: str, named: QuerySet[Any]) -> bool:
    """Whether what the document names is another place that exists, or the product moved since."""
    if named.exists():
        return True
    return product.revisions.filter(number__gt=1, changes__contains=[{"field": field}]).exists()


def _placed(data: dict[str, Any], domain: str, team: str) -> dict[str, Any]:
    people = {**data.get("team", {}), "name": team}
    result = {**data, "domain": domain, "team": {k: v for k, v in people.items() if v}}
    return {name: value for name, value in result.items() if value}


def _team_named(given: dict[str, Any]) -> str:
    team = given.get("team")
    return str(team.get("name") or "") if isinstance(team, dict) else ""


def _tell_status(given: dict[str, Any], old: dict[str, Any], new: dict[str, Any]) -> None:
    """The present status is told, but for a draft whose document says nothing of it."""
    said = str(given.get("status") or "").lower()
    old["status"] = new["status"] if not said and new["status"] == ProductStatus.DRAFT else said


def _as_written(product: DataProduct, given: dict[str, Any]) -> dict[str, Any]:
    """The given document with its fields in the order of the text; the database sorts them."""
    try:
        (document,) = load_documents(product.text)
    except (DocumentError, ValueError):
        return given
    return document.data if document.data == given else given


def _verbatim(product: DataProduct) -> str:
    """The text as given, where it is YAML."""
    return "" if product.text.lstrip().startswith("{") else product.text
