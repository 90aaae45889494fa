"""`./run bench`: the project's measurements."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial

from django.core.management.base import BaseCommand, CommandError

from core.errors import DomainError
from portal.bench import (
    access,
    audit,
    graphql,
    imports,
    jobs,
    lineage,
    marketplace,
    quality,
    quality_runs,
    rest,
    validation,
)
from portal.bench.core import SAMPLES, Result
from portal.bench.report import as_data, as_text

SUITES: dict[str, Callable[[], Result]] = {
    "marketplace": marketplace.run,
    "graphql": graphql.run,
    "rest": rest.run,
    "import": imports.run,
    "validation": validation.run,
    "jobs": jobs.run,
    "audit": audit.run,
    "access": access.run,
    "lineage": lineage.run,
    "quality": quality.run,
    "quality-runs": quality_runs.run,
}


class Command(BaseCommand):
    help = "Measure; each figure stands beside a floor of the same run and its budget."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("suite", nargs="?", choices=[*SUITES], help="all when none is named")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--only", default="", help="requests whose name has this in it")
        parser.add_argument("--samples", type=int, default=SAMPLES, help="requests of a kind")
        parser.add_argument(
            "--n", type=int, default=imports.PRODUCTS, help="products to import, or grants"
        )

        parser.add_argument(
            "--ports", type=int, default=access.PORTS, help="tables that the grants are spread over"
        )

    def handle(
        self, *, suite: str | None, n: int, ports: int, only: str, samples: int, **options: object
    ) -> None:
        if n < 1 or samples < 1:
            raise CommandError("--n and --samples must be at least 1.")
        if not 1 <= ports <= access.MOST_PORTS:
            raise CommandError(f"--ports must be between 1 and {access.MOST_PORTS}.")
        suites: dict[str, Callable[[], Result]] = {
            **SUITES,
            "marketplace": partial(marketplace.run, only, samples),
            "graphql": partial(graphql.run, samples),
            "rest": partial(rest.run, samples),
            "import": partial(imports.run, n),
            "access": partial(access.run, n, ports),
            "lineage": partial(lineage.run, only, samples),
            "quality": partial(quality.run, samples),
        }
        chosen = [suite] if suite else list(suites)
        try:
            results = [suites[name]() for name in chosen]
        except DomainError as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps([as_data(result) for result in results], indent=2))
            return
        for result in results:
            for line in as_text(result):
                self.stdout.write(line)
