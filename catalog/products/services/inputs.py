"""The input ports of products, linked to the ports and systems that they name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from catalog.contracts.models import DataContract
from catalog.products.data import InputData, ProductData
from catalog.products.extensions import links_changed
from catalog.products.models import (
    DataProduct,
    FormerName,
    InputPort,
    OutputPort,
    System,
    SystemPort,
)
from catalog.products.services.outcomes import Change, change
from core.problems import Problem

Shape = tuple[str, str, str, str]


@dataclass
class KnownSystems:
    """Systems and their ports by fqn."""

    systems: dict[str, System] = field(default_factory=dict)
    ports: dict[str, SystemPort] = field(default_factory=dict)

    def link(self, row: InputPort) -> None:
        """Point the input at the system and the port that it names."""
        port = self.ports.get(row.system_name)
        system = self.systems.get(row.system_name.partition("/")[0])
        row.system = None if row.source_id else system
        row.system_port = None if row.source_id else port


def read_systems(names: Iterable[str]) -> KnownSystems:
    """The systems and system ports of these names, present or former.

    Two statements, none without names; one more where a system has not the name now.
    """
    wanted = {name for name in names if name}
    if not wanted:
        return KnownSystems()
    fqns = {name.partition("/")[0] for name in wanted}
    found = System.objects.filter(fqn__in=fqns).defer("document", "text")
    systems = {each.fqn: each for each in found}
    if fqns - systems.keys():
        former = FormerName.objects.filter(fqn__in=fqns - systems.keys()).select_related("system")
        for each in former.defer("system__document", "system__text"):
            if each.system is not None:
                systems[each.fqn] = each.system
    now = {name: _present(name, systems) for name in wanted}
    rows = SystemPort.objects.filter(fqn__in=now.values()).only("fqn")
    ports = {each.fqn: each for each in rows}
    return KnownSystems(systems, {name: ports[fqn] for name, fqn in now.items() if fqn in ports})


def _present(name: str, systems: Mapping[str, System]) -> str:
    """`<system>/<port>` with the name that the system has now."""
    head, slash, port = name.partition("/")
    return f"{systems[head].fqn}{slash}{port}" if head in systems else name


def input_warnings(data: ProductData, known: KnownSystems) -> Iterator[Problem]:
    """Systems that are not known yet; the inputs are linked when they appear."""
    for at, each in enumerate(data.inputs):
        if each.system and each.system not in known.systems and each.system not in known.ports:
            message = f"There is no system {each.system[:200]} yet; it is linked when it appears."
            pointer = f"{each.pointer or f'/inputs/{at}'}/system"
            yield Problem(pointer, "unknown-system", message, severity="warning")


def input_changes(before: Iterable[InputPort], wanted: Sequence[InputData]) -> list[Change]:
    """The change of the inputs as a whole, or none."""
    held = sorted(
        (each.name, each.version, each.contract_document_id, each.system_name) for each in before
    )
    asked = sorted(_shape(each) for each in _distinct(wanted))
    if held == asked:
        return []
    return [change("inputs", [each[0] for each in held], [each[0] for each in asked])]


def write_inputs(
    products: Sequence[tuple[DataProduct, ProductData]],
    known: Mapping[UUID, Sequence[InputPort]],
    systems: KnownSystems,
    touched: Sequence[OutputPort],
    orphaned: Collection[UUID],
) -> None:
    """Replace the inputs of products, and link those elsewhere that waited for `touched` ports.

    Args:
        known: the inputs before, by product.
        orphaned: products that read a port which is gone.
    """
    had = [product.pk for product, _ in products if known.get(product.pk)]
    if had:
        InputPort.objects.filter(product__in=had).delete()
    rows = [
        InputPort(
            product=product,
            name=name,
            version=version,
            contract_document_id=contract,
            system_name=system,
        )
        for product, data in products
        for name, version, contract, system in map(_shape, _distinct(data.inputs))
    ]
    waiting = _waiting(touched, orphaned)
    _find_sources([*rows, *waiting])
    for row in rows:
        systems.link(row)
    InputPort.objects.bulk_create(rows)
    if waiting:
        InputPort.objects.bulk_update(waiting, ["source", "system", "system_port"])
    readers = {row.product_id for row in rows} | set(had) | set(orphaned)
    links_changed(source_ids(readers | {row.product_id for row in waiting}))


def source_ids(product_ids: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """The products that each product declares as inputs. One statement."""
    found: dict[UUID, set[UUID]] = {pk: set() for pk in product_ids}
    if not found:
        return {}
    rows = InputPort.objects.filter(product__in=list(found), source__isnull=False)
    for product_id, source_id in rows.values_list("product_id", "source__product_id"):
        if product_id != source_id:
            found[product_id].add(source_id)
    return {pk: frozenset(sources) for pk, sources in found.items()}


def readers_of(ports: Sequence[OutputPort]) -> set[UUID]:
    """Products with an input that is linked to one of these ports."""
    if not ports:
        return set()
    linked = InputPort.objects.filter(source__in=[port.pk for port in ports])
    return set(linked.values_list("product_id", flat=True))


@transaction.atomic
def link_systems(*, system_ids: Iterable[UUID]) -> int:
    """Link the inputs that name these systems or their ports; returns how many were changed.

    Call it when a system was made, renamed or changed its ports. Five statements.
    """
    ids = list(system_ids)
    present = System.objects.filter(pk__in=ids).values_list("fqn", flat=True)
    fqns = [*present, *FormerName.objects.filter(system__in=ids).values_list("fqn", flat=True)]
    named = Q(pk__in=[])
    for fqn in fqns:
        named |= Q(system_name=fqn) | Q(system_name__startswith=f"{fqn}/")
    rows = list(InputPort.objects.filter(named).select_for_update(of=("self",)))
    known = read_systems(row.system_name for row in rows)
    changed = []
    for row in rows:
        before = (row.system_id, row.system_port_id)
        known.link(row)
        if (row.system_id, row.system_port_id) != before:
            changed.append(row)
    InputPort.objects.bulk_update(changed, ["system", "system_port"])
    return len(changed)


def relink_inputs(touched: Sequence[OutputPort]) -> None:
    """Link the inputs that waited for one of these ports. Six statements, two where none waits."""
    waiting = _waiting(touched, ())
    if waiting:
        _find_sources(waiting)
        InputPort.objects.bulk_update(waiting, ["source", "system", "system_port"])
        links_changed(source_ids({row.product_id for row in waiting}))


def _waiting(touched: Sequence[OutputPort], orphaned: Collection[UUID]) -> list[InputPort]:
    """Inputs without a source whose contract one of the ports has, or that lost theirs."""
    named = {port.contract_id for port in touched if port.contract_id}
    wanted = Q(product__in=orphaned) if orphaned else Q(pk__in=[])
    if named:
        document_ids = DataContract.objects.filter(pk__in=named).values("document_id")
        wanted |= Q(contract_document_id__in=document_ids)
    elif not orphaned:
        return []
    rows = InputPort.objects.filter(wanted, source__isnull=True).exclude(contract_document_id="")
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


def _find_sources(rows: Sequence[InputPort]) -> None:
    """Set the source of inputs: the port with the contract in the wanted version, or the newest."""
    names = {row.contract_document_id for row in rows if row.contract_document_id}
    if not names:
        return
    offers: dict[str, list[OutputPort]] = defaultdict(list)
    ports = OutputPort.objects.filter(contract__document_id__in=names)
    light = ports.select_related("contract", "contract_version").only(
        "product_id", "major", "contract__document_id", "contract_version__version"
    )
    for port in light.order_by("-major", "pk"):
        if port.contract is not None:
            offers[port.contract.document_id].append(port)
    for row in rows:
        candidates = [
            port for port in offers[row.contract_document_id] if port.product_id != row.product_id
        ]
        exact = [
            port
            for port in candidates
            if port.contract_version and port.contract_version.version == row.version
        ]
        row.source = next(iter([*exact, *candidates]), None)
        if row.source is not None:
            row.system = row.system_port = None


def _distinct(inputs: Iterable[InputData]) -> list[InputData]:
    """Each name and version once; the last one counts."""
    return list({(each.name[:200], each.version[:60]): each for each in inputs}.values())


def _shape(each: InputData) -> Shape:
    return each.name[:200], each.version[:60], each.contract_id[:400], each.system[:700]
