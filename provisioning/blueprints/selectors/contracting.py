"""The contract that comes with a request: typed in as columns, or pasted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from accounts.models import Domain, Team
from catalog.contracts.formats import odcs
from catalog.contracts.formats.odcs_diff import diff, summarise
from catalog.contracts.models import ContractVersion, DataContract
from core.documents import DocumentError, dump_yaml, load_documents
from core.errors import Invalid
from core.problems import Problem
from provisioning.blueprints.formats.differences import essential

POINTER = "/contract"
FIRST_VERSION = "1.0.0"
MOMENTS = ("date", "timestamp")


@dataclass(frozen=True)
class RequestedContract:
    """A contract that keeps the standard; `objects` are what the tables are made from."""

    document: Mapping[str, Any]
    text: str  # as pasted, kept verbatim
    document_id: str
    version: str
    objects: Sequence[Mapping[str, Any]]


def from_columns(
    parameters: Mapping[str, Any],
    *,
    slug: str,
    domain: Domain,
    team: Team,
    instance_id: UUID,
    version: str = FIRST_VERSION,
) -> RequestedContract:
    """A contract with the promises that the columns imply."""
    document = odcs.contract_from_columns(
        document_id=str(uuid5(instance_id, "contract")),
        version=version,
        name=parameters["name"],
        domain=domain.path,
        team=team.slug,
        purpose=parameters["purpose"],
        object_name=slug.replace("-", "_"),
        columns=[_column(column) for column in parameters["columns"]],
        classification=parameters.get("classification", ""),
        retention_days=parameters.get("retention_days"),
        retention_column=parameters.get("retention_column", ""),
    )
    return _requested(document, dump_yaml(document))


def changed_columns(
    parameters: Mapping[str, Any],
    *,
    slug: str,
    domain: Domain,
    team: Team,
    instance_id: UUID,
    is_published: bool,
    recorded: Any,
) -> RequestedContract:
    """The contract that an instance made, with other columns: the next version, unless it is as it
    was. A version that somebody else wrote later is kept while the columns are as `recorded`.

    Raises:
        Invalid: it would break those who read what is published, or the contract is kept elsewhere.
    """
    of_contract = ContractVersion.objects.filter(
        contract__document_id=str(uuid5(instance_id, "contract"))
    )
    latest = of_contract.order_by("-id").first()
    place: dict[str, Any] = {
        "slug": slug,
        "domain": domain,
        "team": team,
        "instance_id": instance_id,
    }
    if latest is None:
        return from_columns(parameters, **place)
    wanted = from_columns(parameters, **place, version=latest.version)
    changes = diff(latest.document, wanted.document)
    is_elsewhere = latest.instance_id != instance_id
    if not changes or (is_elsewhere and essential(parameters["columns"]) == essential(recorded)):
        return _requested(latest.document, latest.text)
    if is_elsewhere:
        message = "The contract was changed elsewhere since; change its columns there."
        raise Invalid(
            "The columns cannot be changed here.", [Problem("/columns", "kept-elsewhere", message)]
        )
    told = summarise(changes, old_version=latest.version, new_version=latest.version)
    if told.consumer == "breaking" and is_published:
        worst = next(each for each in changes if each.level == "breaking")
        message = (
            f"This breaks those who read it ({worst.message}) Add an output port beside it instead."
        )
        raise Invalid(
            "The columns break consumers.", [Problem("/columns", "breaks-consumers", message)]
        )
    return from_columns(parameters, **place, version=_next_version(latest.version, told.advice))


def _next_version(version: str, step: str) -> str:
    """`1.2.3` and `minor` make `1.3.0`; what is no such number counts as 1.0.0."""
    found = re.fullmatch(r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?.*", version)
    major, minor, patch = (int(each or 0) for each in found.groups()) if found else (1, 0, 0)
    if step == "major":
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if step == "minor" else f"{major}.{minor}.{patch + 1}"


def from_text(text: str, *, team: Team) -> RequestedContract:
    """A pasted contract, judged by the version of ODCS that it declares.

    Raises:
        Invalid: with pointers below `/contract` and lines of the pasted text.
    """
    try:
        documents = load_documents(text)
    except DocumentError as error:
        raise _refused(error.problems) from error
    if len(documents) != 1:
        message = f"Paste one contract; these are {len(documents)} documents."
        raise _refused([Problem("", "several-documents", message)])
    document = documents[0]
    verdict = odcs.validate(document)
    if not verdict.valid:
        raise _refused(verdict.problems)
    contract = _requested(document.data, document.text)
    found = [*_table_problems(contract), *_catalogue_problems(contract, team)]
    if found:
        raise _refused(
            Problem(each.pointer, each.code, each.message, line=document.line_of(each.pointer))
            for each in found
        )
    return contract


def _requested(document: Mapping[str, Any], text: str) -> RequestedContract:
    parsed = odcs.parse(document)
    objects = [
        {
            "name": each.name,
            "description": each.description,
            "properties": [
                {
                    "name": column.name,
                    "logical_type": column.logical_type,
                    "physical_type": column.physical_type,
                    "required": column.required,
                    "unique": column.unique,
                    "primary_key": column.primary_key,
                    "description": column.description,
                }
                for column in each.properties
            ],
        }
        for each in parsed.objects
    ]
    return RequestedContract(document, text, parsed.document_id, parsed.version, objects)


def _column(column: Mapping[str, Any]) -> odcs.Column:
    return odcs.Column(
        name=column["name"],
        logical_type=column["type"],
        required=column.get("required", False),
        unique=column.get("unique", False),
        primary_key=column.get("key", False),
        classification=column.get("classification", ""),
        description=column.get("description", ""),
    )


def column_problems(columns: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Two columns of one name; a warehouse does not tell upper from lower case."""
    seen: set[str] = set()
    for index, column in enumerate(columns):
        name = str(column.get("name", "")).lower()
        if name in seen:
            message = "There is a column of this name above."
            yield Problem(f"/columns/{index}/name", "column-twice", message)
        seen.add(name)


def retention_problems(parameters: Mapping[str, Any]) -> Iterator[Problem]:
    """A promise that counts from a column which is none of these, or holds no moment."""
    name = parameters.get("retention_column")
    if not name:
        return
    moments = [each["name"] for each in parameters["columns"] if each["type"] in MOMENTS]
    if name not in moments:
        named = f"one of {', '.join(moments[:5])}" if moments else "one of type date or timestamp"
        message = f"There is no such column with a date or timestamp; name {named}."
        yield Problem("/retention_column", "no-such-moment", message)
    elif parameters.get("retention_days") is None:
        message = "Say after how many days its rows go, or leave this empty."
        yield Problem("/retention_days", "no-days", message)


def _table_problems(contract: RequestedContract) -> Iterator[Problem]:
    if not contract.objects:
        message = "Describe at least one table under `schema`; there is nothing to make."
        yield Problem("/schema", "no-tables", message)
    for index, each in enumerate(contract.objects):
        if not each["properties"]:
            message = "Give this table at least one column under `properties`."
            yield Problem(f"/schema/{index}", "no-columns", message)


def _catalogue_problems(contract: RequestedContract, team: Team) -> Iterator[Problem]:
    known = DataContract.objects.filter(document_id=contract.document_id).first()
    if known is None:
        return
    if known.owner_id != team.pk:
        message = "Another team owns a contract with this id; give yours an id of its own."
        yield Problem("/id", "id-owned-elsewhere", message)
        return
    version = ContractVersion.objects.filter(contract=known, version=contract.version).first()
    if version is not None and version.document != contract.document:
        message = f"Version {contract.version} is there with other content; raise the version."
        yield Problem("/version", "version-content-differs", message)


def _refused(problems: Iterable[Problem]) -> Invalid:
    below = [
        Problem(f"{POINTER}{each.pointer}", each.code, each.message, each.severity, each.line)
        for each in problems
    ]
    return Invalid("The contract does not keep the standard.", below)
