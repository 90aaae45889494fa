"""The output ports of products: what is wanted, compared with what is there, and written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from catalog.contracts.models import ContractVersion, DataContract
from catalog.products.data import PortData, ProductData
from catalog.products.formats.odps import GREATEST_MAJOR, major_of
from catalog.products.models import DataProduct, OutputPort, PortDataset
from catalog.products.names import pattern_problem
from catalog.products.services.moving import (
    Announced,
    Moves,
    announced,
    held_ports,
    read_moves,
    removal_problem,
    waiting_columns,
)
from catalog.products.services.outcomes import Change
from catalog.products.states import LISTED
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
    "next_version",
    "next_contract_version_id",
    "next_version_on",
)
NEXT = frozenset({"next_version", "next_contract_version", "next_version_on"})  # in differences
WRITTEN = (*COMPARED, "fqn")
LONGEST = {"version": 60, "title": 200, "technology": 40}
Key = tuple[str, int]  # name and major
Holder = tuple[str, str, int]  # document id of the product, name and major
DatasetName = tuple[str, str]  # OpenLineage namespace and name


@dataclass
class KnownPorts:
    """What was read about the ports of some products and what they name."""

    by_product: dict[UUID, dict[Key, OutputPort]] = field(default_factory=dict)
    versions: dict[str, list[ContractVersion]] = field(default_factory=dict)  # by contract id
    holders: dict[DatasetName, Holder] = field(default_factory=dict)
    kept: set[UUID] = field(default_factory=set)  # ports that may not go: somebody has access
    moves: Moves = field(default_factory=Moves)  # of published ports


@dataclass
class PortsPlan:
    """The ports of a product before and after."""

    before: dict[Key, OutputPort]
    wanted: dict[Key, tuple[PortData, dict[str, Any]]] = field(default_factory=dict)
    waiting: dict[Key, Announced] = field(default_factory=dict)  # moves that wait for their day

    def changed(self) -> list[tuple[PortData, dict[str, Any], OutputPort | None]]:
        """New and changed ports, with the row where there is one."""
        found = []
        for key, (port, values) in self.wanted.items():
            known = self.before.get(key)
            if known is None or _differences(known, port, values):
                found.append((port, values, known))
        return found

    @property
    def removed(self) -> list[OutputPort]:
        return [self.before[key] for key in sorted(set(self.before) - set(self.wanted))]

    @property
    def contract_ids(self) -> set[UUID]:
        """Contracts that ports name or named."""
        named = {port.contract_id for port in self.before.values()}
        named |= {values["contract_id"] for _, values in self.wanted.values()}
        return {pk for pk in named if pk is not None}

    def changes(self) -> list[Change]:
        """`{"field", "from", "to"}` for each port that comes, changes or goes."""
        found: list[Change] = []
        for port, values, known in self.changed():
            name = f"port {port.name}@{port.major}"
            if known is None:
                found.append({"field": name, "from": None, "to": "added"})
                continue
            told = ", ".join(self._told(known, _differences(known, port, values)))
            found.append({"field": name, "from": None, "to": told})
        for each in self.removed:
            name = f"port {each.name}@{each.major}"
            found.append({"field": name, "from": "removed", "to": None})
        return found

    def announcements(self) -> list[tuple[OutputPort, Announced]]:
        """Moves that are told for the first time, or for another day."""
        return [
            (known, self.waiting[port.name, port.major])
            for port, values, known in self.changed()
            if known is not None
            and (port.name, port.major) in self.waiting
            and not NEXT.isdisjoint(_differences(known, port, values))
        ]

    def _told(self, known: OutputPort, differing: Sequence[str]) -> list[str]:
        """The names of what differs; an announced move in words."""
        names = [name for name in differing if name not in NEXT]
        if len(names) < len(differing):
            move = self.waiting.get((known.name, known.major))
            names.append(move.text if move else "no other contract announced")
        return names


def read_ports(
    items: Sequence[ProductData], products: Mapping[str, DataProduct], actor: Actor
) -> KnownPorts:
    """What is known of the ports of `items`. At most six statements."""
    known = KnownPorts(versions=_versions(items, actor))
    ports = OutputPort.objects.filter(product__in=[each.pk for each in products.values()])
    light = ports.select_related(
        "contract", "contract_version", "next_contract_version__contract"
    ).defer(
        "contract_version__text",
        "contract_version__document",
        "next_contract_version__text",
        "next_contract_version__document",
    )
    for port in light.prefetch_related("datasets") if products else ():
        known.by_product.setdefault(port.product_id, {})[port.name, port.major] = port
        _keep_version(port, known.versions)
    named = {name for item in items for port in item.ports for name in port.datasets or ()}
    if named:
        known.holders = _holders(named)
    known.kept = held_ports(items, products, known.by_product)
    published = [
        (item, known.by_product.get(product.pk, {}))
        for item in items
        if (product := products.get(item.document_id)) and product.status in LISTED
    ]
    known.moves = read_moves(*_moving(published, known.versions))
    return known


def _moving(
    published: Iterable[tuple[ProductData, Mapping[Key, OutputPort]]],
    versions: Mapping[str, list[ContractVersion]],
) -> tuple[list[tuple[OutputPort, ContractVersion]], list[UUID]]:
    """The ports that are to have another contract version, and those that are to go."""
    moving: list[tuple[OutputPort, ContractVersion]] = []
    going: list[UUID] = []
    for item, ports in published:
        wanted = {(port.name, port.major): port for port in item.ports}
        going += [row.pk for key, row in ports.items() if key not in wanted]
        for key, port in wanted.items():
            version = _contract_version(port, versions.get(port.contract_id, []))
            if key in ports and version is not None:
                moving.append((ports[key], version))
    return moving, going


def planned_ports(
    data: ProductData,
    product: DataProduct | None,
    fqn: str,
    known: KnownPorts,
    problems: list[Problem],
) -> PortsPlan:
    """What the ports will be; adds to `problems` what is wrong with them."""
    plan = PortsPlan(known.by_product.get(product.pk, {}) if product else {})
    for at, port in enumerate(data.ports):
        pointer = port.pointer or f"/ports/{at}"
        key = (port.name, port.major)
        found = list(_port_problems(port, pointer, clashes=key in plan.wanted))
        version = _contract_version(port, known.versions.get(port.contract_id, []))
        if port.contract_id and version is None:
            found.append(_unknown_contract(port, pointer))
        values = _columns(port, at, version, before := plan.before.get(key))
        if product is not None and before is not None and product.status in LISTED:
            move = announced(
                port,
                version,
                before,
                known.moves,
                pointer=pointer,
                consumers=product.consumer_count,
            )
            if isinstance(move, Problem):
                found.append(move)
            elif move is not None:
                plan.waiting[key] = move
                values |= waiting_columns(port, before, move)
        problems.extend(found)
        plan.wanted.setdefault(key, (port, {**values, "fqn": f"{fqn}/{key[0]}@{key[1]}"}))
    problems.extend(_removal_problems(plan, known))
    problems.extend(_dataset_problems(data, plan, known))
    return plan


def take_datasets(document_id: str, plan: PortsPlan, known: KnownPorts) -> None:
    """The wanted ports hold their datasets from now on, for the items that follow."""
    going = {(document_id, *key) for key in set(plan.before) - set(plan.wanted)}
    going |= {
        (document_id, *key) for key, (port, _) in plan.wanted.items() if port.datasets is not None
    }
    for name in [name for name, holder in known.holders.items() if holder in going]:
        del known.holders[name]
    for key, (port, _) in plan.wanted.items():
        for name in port.datasets or ():
            known.holders[name] = (document_id, *key)


def write_ports(plans: Sequence[tuple[DataProduct, PortsPlan]]) -> list[OutputPort]:
    """Write the differences; returns the ports that were made or changed. Five statements."""
    removed = [port.pk for _, plan in plans for port in plan.removed]
    if removed:
        OutputPort.objects.filter(pk__in=removed).delete()
    touched: list[OutputPort] = []
    offered: list[tuple[OutputPort, PortData]] = []
    for product, plan in plans:
        for port, values, known in plan.changed():
            row = known or OutputPort(product=product, name=port.name, major=port.major)
            for name, value in values.items():
                setattr(row, name, value)
            touched.append(row)
            if port.datasets is not None:
                offered.append((row, port))
    OutputPort.objects.bulk_create(
        touched, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN
    )
    _write_datasets(offered)
    return touched


def _versions(items: Iterable[ProductData], actor: Actor) -> dict[str, list[ContractVersion]]:
    """Versions, the newest first, of the contracts that `actor` may see, by document id."""
    names = {port.contract_id for item in items for port in item.ports if port.contract_id}
    found: dict[str, list[ContractVersion]] = defaultdict(list)
    if names:
        visible = DataContract.objects.visible_to(actor).filter(document_id__in=names)
        contracts = {each.pk: each for each in visible.only("document_id")}
        versions = ContractVersion.objects.filter(contract__in=contracts)
        for each in versions.only("version", "contract_id").order_by("-id"):
            each.contract = contracts[each.contract_id]
            found[each.contract.document_id].append(each)
    return found


def _keep_version(port: OutputPort, versions: dict[str, list[ContractVersion]]) -> None:
    """A port may go on naming its contract, also for somebody who may not see that."""
    named = [(port.contract, port.contract_version)]
    if port.next_contract_version is not None:
        named.append((port.next_contract_version.contract, port.next_contract_version))
    for contract, version in named:
        if contract is None or version is None:
            continue
        found = versions.setdefault(contract.document_id, [])
        if version not in found:
            found.append(version)
            found.sort(key=lambda each: each.pk, reverse=True)


def _holders(named: set[DatasetName]) -> dict[DatasetName, Holder]:
    rows = PortDataset.objects.filter(
        namespace__in={namespace for namespace, _ in named}, name__in={name for _, name in named}
    )
    return {
        (namespace, name): (document_id, port, major)
        for namespace, name, document_id, port, major in rows.values_list(
            "namespace", "name", "port__product__document_id", "port__name", "port__major"
        )
    }


def _removal_problems(plan: PortsPlan, known: KnownPorts) -> Iterator[Problem]:
    held = [port for port in plan.removed if port.pk in known.kept]
    if held:
        names = ", ".join(f"{port.name}@{port.major}" for port in held)
        message = f"Somebody was granted access to {names}; keep the port."
        yield Problem("/ports", "port-in-use", message)
    read = removal_problem(plan.removed, known.moves)
    if read is not None:
        yield read


def _dataset_problems(data: ProductData, plan: PortsPlan, known: KnownPorts) -> Iterator[Problem]:
    own: dict[DatasetName, Key] = {}
    for key, (port, _) in plan.wanted.items():
        for name in port.datasets or ():
            holder = known.holders.get(name, (data.document_id, *key))
            free = holder == (data.document_id, *key) or _is_given_up(holder, name, data, plan)
            if not free or own.setdefault(name, key) != key:
                message = "Another port offers this dataset."
                yield Problem("/datasets", "dataset-taken", message)
                return


def _is_given_up(holder: Holder, name: DatasetName, data: ProductData, plan: PortsPlan) -> bool:
    """Whether the port that has the dataset is this product's and will not have it any more."""
    document_id, *key = holder
    if document_id != data.document_id:
        return False
    wanted = plan.wanted.get((key[0], key[1]))  # type: ignore[arg-type]
    return wanted is None or (wanted[0].datasets is not None and name not in wanted[0].datasets)


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


def _port_problems(port: PortData, pointer: str, *, clashes: bool) -> Iterator[Problem]:
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
        "next_version": "",
        "next_contract_version_id": None,
        "next_version_on": None,
        "location": kept if port.location is None else dict(port.location),
        "requestable": port.requestable,
        "position": at,
    }


def _differences(known: OutputPort, port: PortData, values: Mapping[str, Any]) -> list[str]:
    names = [name for name in WRITTEN if getattr(known, name) != values[name]]
    held = {(each.namespace, each.name) for each in known.datasets.all()}
    if port.datasets is not None and held != set(port.datasets):
        names.append("datasets")
    return [name.removesuffix("_id") for name in names]


def _write_datasets(offered: Sequence[tuple[OutputPort, PortData]]) -> None:
    if not offered:
        return
    PortDataset.objects.filter(port__in=[port.pk for port, _ in offered]).delete()
    PortDataset.objects.bulk_create(
        PortDataset(port=port, namespace=namespace, name=name)
        for port, data in offered
        for namespace, name in dict.fromkeys(data.datasets or ())
    )
