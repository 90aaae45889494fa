"""ODCS, the Open Data Contract Standard: validate, parse, build."""

from dataclasses import dataclass, replace
from typing import Any

from catalog.contracts.formats.odcs_build import Column, contract_from_columns
from catalog.contracts.formats.odcs_parse import (
    ContractDoc,
    Description,
    Property,
    QualityRule,
    SchemaObject,
    Server,
    ServiceLevel,
    parse,
)
from catalog.contracts.formats.odcs_rules import rule_problems
from catalog.contracts.formats.odcs_schema import LATEST, OLDER_VERSIONS, VERSIONS, schema_check
from core.documents import Document, dump_yaml
from core.problems import Problem, has_errors

__all__ = [
    "Column",
    "ContractDoc",
    "Description",
    "Property",
    "QualityRule",
    "SchemaObject",
    "Server",
    "ServiceLevel",
    "Verdict",
    "contract_from_columns",
    "dump_yaml",
    "parse",
    "validate",
]


@dataclass(frozen=True)
class Verdict:
    """Whether a document keeps the standard and the rules inside it; nothing about the portal."""

    valid: bool
    problems: tuple[Problem, ...]  # in the order of the document; warnings may stand in a valid one
    declared: str | None  # apiVersion as written
    latest_valid: bool | None  # under `latest`; None when the document could not be read
    latest: str = LATEST.removeprefix("v")


def validate(document: Document) -> Verdict:
    """Judge a document by the version it declares.

    Cost: one pass at native speed for a right document; some 15 ms for 200 KB.
    """
    if document.problems:
        return Verdict(False, document.problems, None, None)
    data, declared = document.data, _declared(document.data)
    found = _version_problems(declared) or schema_check(_checked_as(declared)).problems(document)
    fits_latest = schema_check(LATEST).accepts(data)
    rules = rule_problems(data) if fits_latest or not found else []
    problems = [*_duplicate_keys(document), *found, *rules]
    return Verdict(
        valid=not has_errors(problems),
        problems=_placed(problems, document),
        declared=declared,
        latest_valid=fits_latest and not document.duplicate_keys and not has_errors(rules),
    )


def _declared(data: Any) -> str | None:
    version = data.get("apiVersion") if isinstance(data, dict) else None
    return None if version is None else str(version)


def _checked_as(declared: str | None) -> str:
    return declared if declared in VERSIONS else LATEST


def _version_problems(declared: str | None) -> list[Problem]:
    if declared is None or declared in VERSIONS:
        return []
    known = "is of another shape and not read" if declared in OLDER_VERSIONS else "is unknown"
    message = f"ODCS {declared} {known}; use {LATEST} or {VERSIONS[1]}."
    return [Problem("/apiVersion", "version-not-supported", message)]


def _duplicate_keys(document: Document) -> list[Problem]:
    message = "This key stands twice; remove one, or its first value is lost."
    return [Problem(pointer, "duplicate-key", message) for pointer in document.duplicate_keys]


def _placed(problems: list[Problem], document: Document) -> tuple[Problem, ...]:
    placed = [
        problem if problem.line else replace(problem, line=document.line_of(problem.pointer))
        for problem in problems
    ]
    return tuple(sorted(placed, key=lambda problem: problem.line or 0))
