"""Product-as-code: descriptors from files and folders (INTERFACE §1)."""

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.actors import system_actor
from catalog.products.descriptors import DocumentReport, Report, process_files
from core.problems import Problem

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
ALL_TAKEN, NOTHING_TAKEN, SOME_REFUSED = 0, 2, 3
ACTIONS = ("create", "update", "unchanged", "refused")


class Command(BaseCommand):
    help = (
        "Take descriptors from files or folders: products (ODPS, DPDS), contracts (ODCS) and "
        "entities of Backstage (systems, APIs, data products). Prints one line per document. "
        "Ends with 0: all taken, 3: some refused, 2: nothing taken."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--plan", action="store_true", help="say what would change, only")
        parser.add_argument(
            "--skip-refused", action="store_true", help="take what is right, list the rest"
        )
        parser.add_argument("--domain", help="for documents that name no known domain")
        parser.add_argument("--team", help="for documents that name no known team")

    def handle(
        self,
        *,
        paths: list[Path],
        plan: bool,
        skip_refused: bool,
        domain: str | None,
        team: str | None,
        **_options: object,
    ) -> None:
        report = process_files(
            files=_contents(paths),
            mode="plan" if plan else "apply",
            actor=system_actor(),
            domain=domain,
            team=team,
            on_error="skip" if skip_refused else "abort",
        )
        for document in report.documents:
            self.stdout.write(_line(document))
            for problem in document.problems:
                self.stdout.write(_problem_line(problem))
        self.stdout.write(_summary(report, plan=plan))
        code = _exit_code(report, skip_refused=skip_refused)
        if code != ALL_TAKEN:
            sys.exit(code)


def _contents(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for path in (found for each in paths for found in _files(each)):
        try:
            yield str(path), path.read_bytes()
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}."
            raise CommandError(message, returncode=NOTHING_TAKEN) from None


def _files(path: Path) -> Iterator[Path]:
    """The file itself, or the descriptors in a folder; hidden files and folders are left out."""
    if not path.is_dir():
        yield path
        return
    for found in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in found.relative_to(path).parts)
        if found.suffix.lower() in SUFFIXES and not hidden and found.is_file():
            yield found


def _line(document: DocumentReport) -> str:
    name = " ".join(part for part in (document.kind, document.id, document.version) if part)
    return _printable(f"{document.action:<9} {name or '-'}  {document.source}:{document.line}")


def _problem_line(problem: Problem) -> str:
    place = problem.pointer or "/"
    line = f" line {problem.line}" if problem.line else ""
    return _printable(f"    {place}{line}  {problem.severity} {problem.code}: {problem.message}")


def _printable(text: str) -> str:
    """What stands in a document must not steer a terminal."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _summary(report: Report, *, plan: bool) -> str:
    counts: Counter[str] = Counter(document.action for document in report.documents)
    parts = ", ".join(f"{counts[action]} {action}" for action in ACTIONS)
    ending = ""
    if plan:
        ending = "; a plan, nothing was changed"
    elif not report.applied:
        ending = "; nothing was changed"
    return f"{len(report.documents)} documents: {parts}{ending}"


def _exit_code(report: Report, *, skip_refused: bool) -> int:
    if not report.refused:
        return ALL_TAKEN
    taken = skip_refused and report.refused < len(report.documents)
    return SOME_REFUSED if taken else NOTHING_TAKEN
