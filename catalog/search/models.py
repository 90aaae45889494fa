"""One row per thing that can be found; every room writes its own rows through the service."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import Case, F, Func, Q
from django.db.models.functions import Coalesce, Collate, Lower, Now

from accounts.actors import Actor
from accounts.models import User

UNMEASURED = -1.0  # where a missing score sorts
OFFERS = ("product", "contract")  # the kinds that the marketplace lists unless asked for others
CLOSED = Q(listed=False) | ~Q(visibility="company")
# A rank that few rows reach: active, measured well, and others rely on it. Of a frequent word only
# such rows are read, and an index of their words alone is read in a tenth of the time. Where ranks
# lie elsewhere searches are slower, and find the same.
TRUSTED = 1.3

# Sums of facets are kept for these audiences, and for the members of each domain (`d:<path>`).
EVERYBODY, CLOSED_ROWS = "all", "closed"


class NameWords(Func):
    """The words of a vector that stand in names: weight A."""

    function = "ts_filter"
    template = "%(function)s(%(expressions)s, '{a}'::\"char\"[])"
    output_field = SearchVectorField()


class SearchEntryQuerySet(models.QuerySet["SearchEntry"]):
    def visible_to(self, actor: Actor) -> SearchEntryQuerySet:
        """Rows `actor` may see. The same rule as the rows' own rooms, on copied columns."""
        if actor.sees_all_metadata:
            return self
        if actor.is_visitor:
            return self.none()
        mine = Q(owner_team_id__in=actor.team_ids) | Q(domain_path__in=actor.owned_domain_paths)
        listed = Q(listed=True) & (
            Q(visibility="company")
            | Q(visibility="domain", domain_path__in=actor.home_paths)
            | Q(readers__overlap=sorted(actor.team_ids))
            | Q(reader_users__contains=[actor.user_id])
        )
        return self.filter(mine | listed)

    def uncounted_for(self, actor: Actor) -> SearchEntryQuerySet:
        """The few rows that `actor` sees and no kept sum of `audiences_of(actor)` counts.

        The rule is written flat, so that the database joins one index for each arm.
        """
        if actor.sees_all_metadata or actor.is_visitor:
            return self.none()
        return self.filter(
            CLOSED,
            ~Q(listed=True, visibility="domain", domain_path__in=actor.home_paths),
            Q(owner_team_id__in=actor.team_ids)
            | Q(domain_path__in=actor.owned_domain_paths)
            | Q(listed=True, readers__overlap=sorted(actor.team_ids))
            | Q(listed=True, reader_users__contains=[actor.user_id]),
        )

    def matching(self, terms: str) -> SearchEntryQuerySet:
        """Rows whose weighted text answers to the tsquery `terms`; all rows for ""."""
        return self.filter(vector=TermsQuery(terms)) if terms else self

    def named_like(self, terms: str) -> SearchEntryQuerySet:
        """Rows whose name answers to the tsquery `terms`; served by an index of names alone."""
        return self.annotate(names=NameWords("vector")).filter(names=TermsQuery(terms))


def audiences_of(actor: Actor) -> list[str]:
    """Whose kept sums add up to what `actor` sees; see also `uncounted_for`."""
    if actor.sees_all_metadata:
        return [EVERYBODY, CLOSED_ROWS]
    if actor.is_visitor:
        return []
    return [EVERYBODY, *(f"d:{path}" for path in sorted(actor.home_paths))]


def spelling_of_name() -> Collate:
    """The name as it is compared; in an order that one index serves in every database."""
    return Collate(Lower("name"), "C")


class TermsQuery(SearchQuery):
    """A tsquery in its text form, made by `words.query_text`; no parser of the database runs."""

    def __init__(self, text: str | Case) -> None:
        super().__init__(text, search_type="raw")

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> Any:  # type: ignore[override]
        return Func.as_sql(self, compiler, connection, template="%(expressions)s::tsquery")


class SearchEntry(models.Model):
    """The searchable face of a product, contract, ...: text, facet and visibility columns."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=16)  # product, contract, system, term, team, domain, ...
    object_id = models.CharField(max_length=64)
    fqn = models.CharField(max_length=640)
    name = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    domain_path = models.CharField(max_length=500, blank=True)
    domain_name = models.CharField(max_length=120, blank=True)
    owner_team_id = models.BigIntegerField(null=True)
    owner_slug = models.CharField(max_length=63, blank=True)
    owner_name = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=12, blank=True)
    archetype = models.CharField(max_length=20, blank=True)
    classification = models.CharField(max_length=20, blank=True)
    tags = ArrayField(models.CharField(max_length=100), default=list)
    technologies = ArrayField(models.CharField(max_length=60), default=list, db_default=[])
    terms = ArrayField(models.TextField(), default=list, db_default=[])  # of the glossary
    columns = ArrayField(models.TextField(), default=list)  # for "matched column order_id"
    score = models.FloatField(null=True)  # 0-100; null: not measured
    band = models.CharField(max_length=6, blank=True, db_default="")  # of BANDS; "": not measured
    measured_at = models.DateTimeField(null=True)
    stale_at = models.DateTimeField(null=True)  # a full hour; null: not measured
    consumers = models.IntegerField(default=0)
    rank = models.FloatField(default=0)  # static: status, score, consumers; hardly two alike
    visibility = models.CharField(max_length=12)  # company, domain, restricted
    listed = models.BooleanField()  # active or deprecated
    readers = ArrayField(models.BigIntegerField(), default=list)  # teams with a live grant
    reader_users = ArrayField(models.BigIntegerField(), default=list)
    url = models.CharField(max_length=700)
    updated_at = models.DateTimeField()
    added_at = models.DateTimeField(db_default=Now())  # what is new to the reader of a saved search
    vector = SearchVectorField(null=True)

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-rank", "id"]
        indexes = [
            # Without a waiting list, which every search would read through after a large import.
            GinIndex(fields=["vector"], name="search_vector", fastupdate=False),
            GinIndex(
                fields=["vector"],
                name="search_vector_trusted",
                fastupdate=False,
                condition=Q(rank__gte=TRUSTED),
            ),
            GinIndex(NameWords("vector"), name="search_names", fastupdate=False),
            GinIndex(
                NameWords("vector"),
                name="search_names_trusted",
                fastupdate=False,
                condition=Q(rank__gte=TRUSTED),
            ),
            GinIndex(
                NameWords("vector"),
                name="search_names_of_others",
                fastupdate=False,
                condition=~Q(kind__in=OFFERS),
            ),
            models.Index(fields=["-rank", "id"], name="search_by_rank"),
            models.Index(fields=["name", "id"], name="search_by_name"),
            models.Index(
                Coalesce("score", UNMEASURED).desc(), F("id").asc(), name="search_by_score"
            ),
            models.Index(fields=["status", "-rank", "id"], name="search_by_status"),
            models.Index(fields=["band", "-rank", "id"], name="search_by_band"),
            models.Index(fields=["-updated_at", "id"], name="search_by_update"),
            models.Index(fields=["-consumers", "id"], name="search_by_consumers"),
            models.Index(OpClass("domain_path", name="text_pattern_ops"), name="search_by_domain"),
            models.Index(fields=["owner_team_id"], name="search_by_owner"),
            models.Index(fields=["owner_slug"], name="search_by_owner_slug"),
            models.Index(spelling_of_name(), name="search_by_spelling"),
            models.Index(
                spelling_of_name(), name="search_spelling_trusted", condition=Q(rank__gte=TRUSTED)
            ),
            models.Index(fields=["fqn"], name="search_by_fqn"),
            models.Index(fields=["-added_at"], name="search_by_arrival"),
            models.Index(fields=["stale_at"], name="search_by_promise"),
            models.Index(
                fields=["-rank", "id"], name="search_others", condition=~Q(kind__in=OFFERS)
            ),
            models.Index(fields=["owner_team_id", "id"], name="search_closed", condition=CLOSED),
            models.Index(fields=["domain_path", "id"], name="search_closed_here", condition=CLOSED),
            GinIndex(fields=["readers"], name="search_readers", condition=CLOSED),
            GinIndex(fields=["reader_users"], name="search_reader_users", condition=CLOSED),
            GinIndex(fields=["tags"], name="search_tags"),
            GinIndex(fields=["technologies"], name="search_technologies"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="search_entry_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.fqn}"


class SynonymGroup(models.Model):
    """Words that mean the same, as a glossary term names them."""

    source = models.CharField(max_length=80, unique=True)  # e.g. `term:<id>`
    names = ArrayField(models.CharField(max_length=120))

    class Meta:
        indexes = [GinIndex(fields=["names"], name="synonym_names")]

    def __str__(self) -> str:
        return " = ".join(self.names)


class SearchWord(models.Model):
    """A word that some row holds, with what a misspelt one is compared by."""

    word = models.CharField(max_length=32, primary_key=True)
    trigrams = ArrayField(models.CharField(max_length=3))
    frequency = models.IntegerField(default=1)  # rows; kept by `refresh_words`

    class Meta:
        indexes = [GinIndex(fields=["trigrams"], name="search_word_trigrams", fastupdate=False)]

    def __str__(self) -> str:
        return self.word


class FacetCount(models.Model):
    """A change of a count; the sum per value is the count. Written by triggers of the entries.

    A row that every member sees counts for the audience `all`, another one for `closed`, and for
    `d:<domain>` too where the members of that domain see it. Only rows of `OFFERS` count, except
    in the facet `kind`. A promise (`stale_at`) is counted by its hour.
    """

    audience = models.CharField(max_length=510)
    facet = models.CharField(max_length=16)
    value = models.CharField(max_length=500)
    n = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(
                fields=["facet", "audience", "value"], include=["n"], name="facet_count_value"
            ),
            models.Index(fields=["facet", "audience", "-n"], name="facet_count_most"),
        ]

    def __str__(self) -> str:
        return f"{self.facet} {self.value}: {self.n:+}"


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def visible_to(self, actor: Actor) -> SavedSearchQuerySet:
        """A saved search is its owner's alone."""
        return self.filter(user_id=actor.user_id) if actor.user_id else self.none()


class SavedSearch(models.Model):
    """A question to the marketplace that somebody asks again and again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=120)
    query = models.CharField(max_length=2_000)  # the query string, in its one canonical form
    follow = models.BooleanField(default=False)  # shown on the home page with what is new
    last_seen_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="saved_search_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="saved_search_named"),
        ]

    def __str__(self) -> str:
        return self.name
