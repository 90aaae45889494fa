"""`./run scale`: a synthetic catalogue of any size, to measure with."""

from __future__ import annotations

import json
import os
import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from core.errors import Conflict
from portal.scale.lineage import scale_lineage
from portal.scale.loading import scale, tidy

MOST_PRODUCTS = 2_000_000
MOST_DATASETS = 100
MOST_EDGES = 20_000_000


class Command(BaseCommand):
    help = "Load a synthetic catalogue beside what is there. Prints the rows written as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        size = parser.add_mutually_exclusive_group(required=True)
        size.add_argument("--products", type=int)
        size.add_argument("--datasets", type=int, help="a lineage graph alone, of so many datasets")
        parser.add_argument("--edges", type=int, help="of that graph (default: three a dataset)")
        parser.add_argument("--datasets-per-product", type=int, default=4)
        parser.add_argument("--seed", type=int, default=1, help="another one: another company")
        parser.add_argument(
            "--processes",
            type=int,
            default=min(4, os.cpu_count() or 1),
            help="that write search rows (default: one per core, 4 at most)",
        )

    def handle(
        self,
        *,
        products: int | None,
        datasets: int | None,
        edges: int | None,
        datasets_per_product: int,
        seed: int,
        processes: int,
        **_options: object,
    ) -> None:
        _require("--seed", seed, 1, 9_999)
        if datasets is not None:
            self._graph(datasets, datasets * 3 if edges is None else edges, seed)
            return
        assert products is not None  # one of the two is required
        _require("--products", products, 1, MOST_PRODUCTS)
        _require("--datasets-per-product", datasets_per_product, 1, MOST_DATASETS)
        _require("--processes", processes, 0, 64)
        started = time.monotonic()
        try:
            written = scale(
                products=products,
                datasets_per_product=datasets_per_product,
                seed=seed,
                processes=processes,
            )
            tidy()
        except Conflict as error:
            raise CommandError(str(error)) from None
        seconds = round(time.monotonic() - started, 1)
        answer = {"products": products, "seed": seed, "seconds": seconds, "rows": written}
        self.stdout.write(json.dumps(answer, indent=2))

    def _graph(self, datasets: int, edges: int, seed: int) -> None:
        _require("--datasets", datasets, 1, MOST_PRODUCTS)
        _require("--edges", edges, 1, MOST_EDGES)
        started = time.monotonic()
        try:
            written = scale_lineage(datasets=datasets, edges=edges, seed=seed)
        except Conflict as error:
            raise CommandError(str(error)) from None
        seconds = round(time.monotonic() - started, 1)
        answer = {"datasets": datasets, "seed": seed, "seconds": seconds, "rows": written}
        self.stdout.write(json.dumps(answer, indent=2))


def _require(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise CommandError(f"{name} must be {least:,} to {most:,}.")
