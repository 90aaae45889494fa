"""The marketplace and the pages of products, at whatever size the database has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from accounts.actors import actor_of
from accounts.models import User
from catalog.contracts.models import DataContract
from catalog.products.models import DataProduct, OutputPort, System
from catalog.products.states import LISTED, Visibility
from catalog.search.models import SearchEntry
from catalog.search.scores import BANDS, NOT_MEASURED
from catalog.search.selectors import SearchQueryData, hits
from catalog.search.words import words
from portal.bench.core import (
    SAMPLES,
    SEED,
    Budget,
    Call,
    Case,
    Figure,
    Result,
    floors,
    measure_together,
)
from portal.bench.readers import NAMES, readers

PAGE = Budget(statements=8, db_p95_ms=20, response_p95_ms=60)
TYPE_AHEAD = Budget(db_p95_ms=10)
PRODUCT = Budget(statements=12, response_p95_ms=50)
FEW = 20  # requests without a choice of inputs
MOST_DRAWN = 10_000
DEEP_PAGE = 400
DEEP_STEP = 200  # rows
TABS = ("schema", "quality", "lineage", "contract", "access", "activity")
LISTS = (
    *("domains/", "teams/", "systems/", "glossary/", "policies/", "demands/", "requests/"),
    *("approvals/", "resources/", "access/", "api/v1/products", "api/v1/contracts"),
    *("api/v1/systems", "api/v1/terms", "api/v1/demands"),
)


def run(only: str = "", count: int = SAMPLES) -> Result:
    """All cases for both readers, or those whose name has `only` in it."""
    with readers() as clients:
        samples = Samples(Random(SEED), count)  # noqa: S311 - which requests, not secrets
        base = floors(clients["member"])
        asked = [
            list(samples.cases(client, User.objects.get(username=NAMES[who])))
            for who, client in clients.items()
        ]
        figures = [
            _named(figure, who)
            for cases in zip(*asked, strict=True)
            if only in cases[0].name
            for who, figure in zip(clients, measure_together(cases), strict=True)
        ]
    return Result("marketplace", sizes(), base, figures)


def sizes() -> dict[str, int]:
    """How much there is to search."""
    return {
        "products": DataProduct.objects.count(),
        "search rows": SearchEntry.objects.count(),
        "output ports": OutputPort.objects.count(),
    }


class Samples:
    """Inputs drawn from the data, the same in every run over the same data."""

    def __init__(self, random: Random, count: int) -> None:
        self.random = random
        self.count = count
        listed = DataProduct.objects.filter(status__in=LISTED, visibility=Visibility.COMPANY)
        self.products = self._drawn(listed.order_by("fqn").values_list("fqn", flat=True))
        everything = list(listed.order_by("-consumer_count", "fqn")[: self.count])
        self.popular = [product.fqn for product in everything]
        names = OutputPort.objects.filter(product__fqn__in=self.products).order_by("fqn")
        self.ports = [
            port.get_absolute_url() for port in names.select_related("product")[: self.count]
        ]
        self.frequent, self.rare = self._words()
        facets = SearchEntry.objects.filter(kind="product").order_by("pk")
        self.domains = self._drawn(facets.values_list("domain_path", flat=True))
        self.teams = self._drawn(facets.values_list("owner_slug", flat=True))
        self.systems = self._drawn(System.objects.order_by("fqn").values_list("fqn", flat=True))
        known = DataContract.objects.filter(visibility=Visibility.COMPANY)  # to both readers
        described = known.order_by("pk").values_list("pk", flat=True)
        self.contracts = self._drawn(str(pk) for pk in described[:MOST_DRAWN])

    def cases(self, client: Client, user: User) -> Iterable[Case]:
        """The requests of one reader."""
        yield from self._lists(client)
        yield from self._searches(client)
        yield self._deep(client, user)
        yield from self._products(client)
        yield from self._interfaces(client)

    def _lists(self, client: Client) -> Iterable[Case]:
        yield _pages("page with facets", client, [{}] * self.count)
        yield _pages("filter: domain", client, [{"domain": each} for each in self.domains])
        yield _pages("filter: team", client, [{"team": each} for each in self.teams])
        states = ("active", "deprecated")
        yield _pages(
            "filter: status", client, [{"status": states[n % 2]} for n in range(self.count)]
        )
        scores = [{"min_score": 50 + n % 50} for n in range(self.count)]
        yield _pages("filter: score", client, scores)
        bands = [*BANDS, NOT_MEASURED]
        choices = [{"score": bands[n % len(bands)]} for n in range(self.count)]
        yield _pages("order: score", client, [{"order": "score"}] * self.count)
        yield _pages("facet: score", client, choices)
        both = [{"order": "score", **each} for each in choices]
        yield _pages("order and facet: score", client, both)
        below = [{"order": "score", "domain": each} for each in self.domains]
        yield _pages("order: score, a domain", client, below)

    def _searches(self, client: Client) -> Iterable[Case]:
        for label, pool in (("frequent", self.frequent), ("rare", self.rare)):
            for count in (1, 2, 3):
                texts = [" ".join(self.random.choices(pool, k=count)) for _ in range(self.count)]
                name = f"search: {count} {label} word{'' if count == 1 else 's'}"
                yield _pages(name, client, [{"q": text} for text in texts])
        typed = [self.random.choice(self.frequent)[: 2 + n % 4] for n in range(self.count)]
        urls = [f"/api/v1/search/suggest?{urlencode({'q': text})}" for text in typed]
        yield Case("type-ahead", _gets(client, urls), TYPE_AHEAD)
        wrong = [
            _mistyped(self.random, self.random.choice(self.frequent)) for _ in range(self.count)
        ]
        yield _pages("typo", client, [{"q": text} for text in wrong])

    def _deep(self, client: Client, user: User) -> Case:
        actor, cursor = actor_of(user), None
        for _ in range((DEEP_PAGE - 1) * 50 // DEEP_STEP):
            page = hits(actor, SearchQueryData(size=DEEP_STEP, cursor=cursor))
            if page.next_cursor is None:
                break
            cursor = page.next_cursor
        return _pages(f"page {DEEP_PAGE}", client, [{"cursor": cursor or ""}] * self.count)

    def _products(self, client: Client) -> Iterable[Case]:
        urls = [f"/products/{fqn}/" for fqn in self.products]
        yield Case("product: overview", _gets(client, urls), PRODUCT)
        popular = [f"/products/{fqn}/" for fqn in self.popular]
        yield Case("product: overview, most read", _gets(client, popular), PRODUCT)
        for tab in TABS:
            yield Case(f"product: {tab}", _gets(client, [f"{url}?tab={tab}" for url in urls]))
        yield Case("port", _gets(client, self.ports))
        yield Case("home", _gets(client, ["/"] * self.count))
        for kind, names in (
            ("domain", self.domains),
            ("team", self.teams),
            ("system", self.systems),
            ("contract", self.contracts),
        ):
            asked = [f"/{kind}s/{name}/" for name in names]
            if asked:
                yield Case(kind, _gets(client, asked))
        diffs = [f"/contracts/{each}/diff/?from=1.0.0&to=1.1.0" for each in self.contracts]
        yield Case("contract: diff", _gets(client, diffs), expected=frozenset({200, 404}))
        for name in LISTS:
            yield Case(f"list: {name}", _gets(client, [f"/{name}"] * min(FEW, self.count)))

    def _interfaces(self, client: Client) -> Iterable[Case]:
        yield Case(
            "REST: product", _gets(client, [f"/api/v1/products/{fqn}" for fqn in self.products])
        )
        for part in ("descriptor", "revisions", "quality"):
            asked = [f"/api/v1/products/{fqn}/{part}" for fqn in self.products]
            yield Case(f"REST: product, {part}", _gets(client, asked))
        yield Case(
            "REST: catalog.jsonld", _gets(client, ["/api/v1/catalog.jsonld"] * min(FEW, self.count))
        )

    def _drawn(self, values: Iterable[str]) -> list[str]:
        """Distinct ones as far as there are, then again; frequent ones are likelier."""
        pool = list(values)
        self.random.shuffle(pool)
        distinct = list(dict.fromkeys(pool))
        return [distinct[n % len(distinct)] for n in range(self.count)] if distinct else []

    def _words(self) -> tuple[list[str], list[str]]:
        """Words of names and texts: those that most entries have, and those that few have."""
        names = SearchEntry.objects.order_by("pk").values_list("name", "summary")
        counted = Counter(
            word for row in names[:20_000] for text in row for word in set(words(text))
        )
        known = [word for word, _ in counted.most_common() if len(word) > 2]
        return known[:30], known[-200:]


def _named(figure: Figure, who: str) -> Figure:
    values = {**vars(figure), "name": f"{figure.name} ({who})"}
    return Figure(**values)


def _pages(name: str, client: Client, asked: Sequence[dict[str, Any]]) -> Case:
    urls = [f"/marketplace/?{urlencode(each)}" for each in asked]
    return Case(name, _gets(client, urls), PAGE)


def _gets(client: Client, urls: Sequence[str]) -> list[Call]:
    return [_get(client, url) for url in urls]


def _get(client: Client, url: str) -> Call:
    return lambda: client.get(url)


def _mistyped(random: Random, word: str) -> str:
    """Two letters of the word exchanged."""
    at = random.randrange(max(1, len(word) - 1))
    return word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
