"""What stands behind the interfaces of systems, by the names that lineage has for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, transaction

from catalog.products.data import SystemData
from catalog.products.models import System, SystemDataset
from catalog.products.services.outcomes import Change
from core.documents.text import unsafe_character
from core.errors import Conflict
from core.problems import Problem

MAX_DATASETS = 500  # of one port
LONGEST = {"namespace": 500, "name": 1000}

Names = dict[tuple[str, str], str]  # by (namespace, name): where it stands


def dataset_problems(data: SystemData, known: System | None) -> list[Problem]:
    """What is wrong with the names: their form, two ports of one name, one of another system."""
    problems: list[Problem] = []
    named: Names = {}
    for at, port in enumerate(data.ports):
        pointer = f"{port.pointer or f'/ports/{at}'}/datasets"
        given = port.datasets or ()
        if len(given) > MAX_DATASETS:
            message = f"Name {MAX_DATASETS} at most; `*` stands for all of a namespace."
            problems.append(Problem(pointer, "too-many", message))
        for n, name in enumerate(given[:MAX_DATASETS]):
            problems += _form_problems(name, f"{pointer}/{n}")
            if named.setdefault(name, f"{pointer}/{n}") != f"{pointer}/{n}":
                message = "It is named twice; leave one of them out."
                problems.append(Problem(f"{pointer}/{n}", "duplicate-dataset", message))
    return problems or list(_taken(named, data, known))


def _form_problems(name: tuple[str, str], pointer: str) -> Iterator[Problem]:
    for (key, longest), value in zip(LONGEST.items(), name, strict=True):
        if not value:
            yield Problem(f"{pointer}/{key}", "required", f"Fill in the {key}.")
        elif len(value) > longest:
            yield Problem(f"{pointer}/{key}", "too-long", f"Use {longest} characters at most.")
        elif unsafe_character(value) is not None:
            yield Problem(f"{pointer}/{key}", "wrong-form", "Leave invisible characters out.")


def _taken(named: Names, data: SystemData, known: System | None) -> Iterator[Problem]:
    """Names of other systems, and of ports of this one that keep theirs."""
    keeping = {port.name for port in data.ports if port.datasets is None}
    rows = SystemDataset.objects.filter(
        namespace__in={namespace for namespace, _ in named}, name__in={name for _, name in named}
    )
    for namespace, name, system, port, fqn in rows.values_list(
        "namespace", "name", "port__system", "port__name", "port__fqn"
    ):
        is_held = known is None or system != known.pk or port in keeping
        if is_held and (namespace, name) in named:
            message = f"{fqn} has this dataset; a dataset belongs to one port."
            yield Problem(named[namespace, name], "dataset-taken", message)


def dataset_changes(system: System, data: SystemData) -> list[Change]:
    """One for each port whose datasets become others."""
    held = _held(system)
    return [
        {
            "field": f"datasets of port {port.name}",
            "from": len(held.get(port.name, ())),
            "to": len(port.datasets),
        }
        for port in data.ports
        if port.datasets is not None and set(port.datasets) != held.get(port.name, set())
    ]


def namespaces_of(system: System) -> set[str]:
    """The namespaces in which its ports name datasets."""
    rows = SystemDataset.objects.filter(port__system=system).order_by()
    return {*rows.values_list("namespace", flat=True).distinct()}


def _held(system: System) -> dict[str, set[tuple[str, str]]]:
    rows = SystemDataset.objects.filter(port__system=system)
    held: dict[str, set[tuple[str, str]]] = {}
    for port, namespace, name in rows.values_list("port__name", "namespace", "name"):
        held.setdefault(port, set()).add((namespace, name))
    return held


def write_datasets(system: System, data: SystemData) -> None:
    """Write the names of the ports that say some.

    Raises:
        Conflict: another system got one of them at the same moment.
    """
    given: dict[str, Any] = {
        port.name: port.datasets for port in data.ports if port.datasets is not None
    }
    SystemDataset.objects.filter(port__system=system, port__name__in=given).delete()
    ports = dict(system.ports.filter(name__in=given).values_list("name", "pk"))
    wanted = [
        SystemDataset(port_id=ports[port], namespace=namespace, name=name)
        for port, names in given.items()
        for namespace, name in names
    ]
    try:
        with transaction.atomic():
            SystemDataset.objects.bulk_create(wanted)
    except IntegrityError:
        raise Conflict("Another system got one of the datasets at the same moment.") from None
