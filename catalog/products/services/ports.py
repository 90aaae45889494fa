"""The ports of a product: what is wanted, compared with what is there, and written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError, Q

from accounts.actors import Actor
from catalog.contracts.models import ContractVersion, DataContract
from catalog.products.data import InputData, PortData, ProductData
from catalog.products.formats.odps import GREATEST_MAJOR, major_of
from catalog.products.models import DataProduct, InputPort, OutputPort, PortDataset
from catalog.products.names import pattern_problem
from core.errors import Invalid
from core.problems import Problem

COMPARED = (
    "version",
    "title",
    "description",
    "technology",
    "contract_id",
    "contract_version_id",
    "location",
    "requestable",
    "position",
)
LONGEST = {"version": 60, "title": 200, "technology": 40}


@dataclass
class PortsSaved:
    """The ports of a product before and after; `touched` were made or changed."""

    wanted: list[tuple[PortData, dict[str, Any]]] = field(default_factory=list)
    before: dict[tuple[str, int], OutputPort] = field(default_factory=dict)
    touched: list[OutputPort] = field(default_factory=list)

    @property
    def keys(self) -> set[tuple[str, int]]:
        return {(port.name, port.major) for port, _ in self.wanted}

    @property
    def contract_ids(self) -> set[UUID]:
        """Contracts that ports name or named."""
        named = {port.contract_id for port in self.before.values()}
        named |= {values["contract_id"] for _, values in self.wanted}
        return {pk for pk in named if pk is not None}

    def changes(self, product: DataProduct) -> list[Mapping[str, Any]]:
        """`{"field", "from", "to"}` for each port that comes, changes or goes."""
        found: list[Mapping[str, Any]] = []
        for port, values in self.wanted:
            known = self.before.get((port.name, port.major))
            name = f"port {port.name}@{port.major}"
            if known is None:
                found.append({"field": name, "from": None, "to": "added"})
            elif _differences(product, known, port, values):
                changed = _differences(product, known, port, values)
                found.append({"field": name, "from": None, "to": ", ".join(changed)})
        for name, major in sorted(set(self.before) - self.keys):
            found.append({"field": f"port {name}@{major}", "from": "removed", "to": None})
        return found


def planned_ports(
    data: ProductData, product: DataProduct | None, actor: Actor, problems: list[Problem]
) -> PortsSaved:
    """What the ports will be; adds to `problems` what is wrong with them. Three statements."""
    contracts = _contracts(data.ports, actor)
    known = product.output_ports.prefetch_related("datasets") if product else []
    saved = PortsSaved(before={(port.name, port.major): port for port in known})
    seen: set[tuple[str, int]] = set()
    for at, port in enumerate(data.ports):
        pointer = port.pointer or f"/ports/{at}"
        key = (port.name, port.major)
        found = list(_port_problems(port, pointer, clashes=key in seen))
        seen.add(key)
        version = _contract_version(port, contracts.get(port.contract_id, []))
        if port.contract_id and version is None:
            found.append(_unknown_contract(port, pointer))
        problems.extend(found)
        if not found:
            saved.wanted.append((port, _columns(port, at, version, saved.before.get(key))))
    return saved


def save_ports(product: DataProduct, ports: PortsSaved) -> None:
    """Write the difference."""
    _remove(product, [ports.before[key] for key in ports.before if key not in ports.keys])
    for port, values in ports.wanted:
        known = ports.before.get((port.name, port.major))
        if known is not None and not _differences(product, known, port, values):
            continue
        row = known or OutputPort(product=product, name=port.name, major=port.major)
        for name, value in {**values, "fqn": _fqn(product, port)}.items():
            setattr(row, name, value)
        row.save(force_insert=known is None)
        _save_datasets(row, port)
        ports.touched.append(row)


def save_inputs(product: DataProduct, inputs: Sequence[InputData]) -> bool:
    """Replace the input ports; True when something was or is there."""
    removed, _ = product.input_ports.all().delete()
    InputPort.objects.bulk_create(
        InputPort(
            product=product,
            name=each.name[:200],
            version=each.version[:60],
            contract_document_id=each.contract_id[:400],
        )
        for each in {(each.name[:200], each.version[:60]): each for each in inputs}.values()
    )
    _link(product.input_ports.exclude(contract_document_id=""))
    return bool(removed or inputs)


def resolve_waiting(ports: PortsSaved) -> dict[UUID, frozenset[UUID]]:
    """Link inputs that waited for these ports; the new sources by product."""
    named = [port.contract_id for port in ports.touched if port.contract_id]
    document_ids = DataContract.objects.filter(pk__in=named).values_list("document_id", flat=True)
    if not named:
        return {}
    waiting = InputPort.objects.filter(
        source__isnull=True,
        system__isnull=True,
        contract_document_id__in=list(document_ids),
    )
    products = set(waiting.values_list("product_id", flat=True))
    _link(waiting)
    return source_ids(products)


def source_ids(product_ids: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """The products that each product declares as inputs."""
    found: dict[UUID, set[UUID]] = {pk: set() for pk in product_ids}
    rows = InputPort.objects.filter(product__in=found, source__isnull=False)
    for product_id, source_id in rows.values_list("product_id", "source__product_id"):
        if product_id != source_id:
            found[product_id].add(source_id)
    return {pk: frozenset(sources) for pk, sources in found.items()}


def _contracts(ports: Iterable[PortData], actor: Actor) -> dict[str, list[ContractVersion]]:
    """Versions, the newest first, of the contracts that `actor` may see, by document id."""
    names = {port.contract_id for port in ports if port.contract_id}
    found: dict[str, list[ContractVersion]] = defaultdict(list)
    if names:
        visible = DataContract.objects.visible_to(actor).filter(document_id__in=names)
        versions = ContractVersion.objects.filter(contract__in=visible)
        for each in versions.select_related("contract").defer("text", "document").order_by("-id"):
            found[each.contract.document_id].append(each)
    return found


def _contract_version(port: PortData, versions: list[ContractVersion]) -> ContractVersion | None:
    """The one that is named; else with the port's version, else its major, else the newest."""
    if port.contract_version:
        return next((each for each in versions if each.version == port.contract_version), None)
    same = [each for each in versions if each.version == port.version]
    major = [each for each in versions if major_of(each.version) == port.major]
    return next(iter([*same, *major, *versions]), None)


def _unknown_contract(port: PortData, pointer: str) -> Problem:
    named = f"{port.contract_id} {port.contract_version}".strip()
    message = f"There is no contract {named} that you may see; apply it before or with this."
    return Problem(f"{pointer}/contractId", "unknown-contract", message)


def _port_problems(port: PortData, pointer: str, *, clashes: bool) -> Iterable[Problem]:
    wrong = pattern_problem(port.name, f"{pointer}/name")
    if wrong is not None:
        yield wrong
    if clashes:
        message = f"Two ports are called {port.name} with major version {port.major}."
        yield Problem(pointer, "port-major-clash", message)
    if not 0 <= port.major <= GREATEST_MAJOR:
        yield Problem(f"{pointer}/version", "version-too-great", "Use a smaller major version.")
    for name, longest in LONGEST.items():
        if len(getattr(port, name)) > longest:
            message = f"Use {longest} characters at most."
            yield Problem(f"{pointer}/{name}", "too-long", message)


def _columns(
    port: PortData, at: int, version: ContractVersion | None, known: OutputPort | None
) -> dict[str, Any]:
    kept = known.location if known else {}
    return {
        "version": port.version,
        "title": port.title,
        "description": port.description,
        "technology": port.technology,
        "contract_id": version.contract_id if version else None,
        "contract_version_id": version.pk if version else None,
        "location": kept if port.location is None else dict(port.location),
        "requestable": port.requestable,
        "position": at,
    }


def _differences(
    product: DataProduct, known: OutputPort, port: PortData, values: Mapping[str, Any]
) -> list[str]:
    names = [name for name in COMPARED if getattr(known, name) != values[name]]
    if known.fqn != _fqn(product, port):
        names.append("fqn")
    held = {(each.namespace, each.name) for each in known.datasets.all()}
    if port.datasets is not None and held != set(port.datasets):
        names.append("datasets")
    return [name.removesuffix("_id") for name in names]


def _fqn(product: DataProduct, port: PortData) -> str:
    return f"{product.fqn}/{port.name}@{port.major}"


def _remove(product: DataProduct, ports: list[OutputPort]) -> None:
    if not ports:
        return
    try:
        with transaction.atomic():
            product.output_ports.filter(pk__in=[port.pk for port in ports]).delete()
    except ProtectedError:
        names = ", ".join(f"{port.name}@{port.major}" for port in ports)
        message = f"Somebody was granted access to {names}; keep the port."
        raise Invalid(message, [Problem("/ports", "port-in-use", message)]) from None


def _save_datasets(port: OutputPort, data: PortData) -> None:
    if data.datasets is None:
        return
    taken = Q()
    for namespace, name in data.datasets:
        taken |= Q(namespace=namespace, name=name)
    if taken and PortDataset.objects.exclude(port=port).filter(taken).exists():
        message = "Another port offers this dataset."
        raise Invalid(message, [Problem("/datasets", "dataset-taken", message)])
    port.datasets.all().delete()
    PortDataset.objects.bulk_create(
        PortDataset(port=port, namespace=namespace, name=name)
        for namespace, name in dict.fromkeys(data.datasets)
    )


def _link(inputs: Any) -> None:
    """Set the source of inputs: the port with the contract in the wanted version, or the newest."""
    waiting = list(inputs.select_for_update(of=("self",)))
    names = {each.contract_document_id for each in waiting}
    offers: dict[str, list[OutputPort]] = defaultdict(list)
    ports = OutputPort.objects.filter(contract__document_id__in=names)
    for port in ports.select_related("contract", "contract_version").order_by("-major", "pk"):
        if port.contract is not None:
            offers[port.contract.document_id].append(port)
    for each in waiting:
        candidates = [
            port for port in offers[each.contract_document_id] if port.product_id != each.product_id
        ]
        exact = [
            port
            for port in candidates
            if port.contract_version and port.contract_version.version == each.version
        ]
        each.source = next(iter([*exact, *candidates]), None)
    InputPort.objects.bulk_update(waiting, ["source"])
