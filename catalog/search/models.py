"""One row per thing that can be found; every room writes its own rows through the service."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce

from accounts.actors import Actor
from catalog.search.words import query_text

UNMEASURED = -1.0  # where a missing score sorts


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

    def matching(self, text: str) -> SearchEntryQuerySet:
        """Rows whose weighted text matches every word of `text`; the last word as a prefix."""
        query = query_text(text)
        return self.filter(vector=TermsQuery(query)) if query else self


class TermsQuery(SearchQuery):
    """A tsquery in its text form, made by `words.query_text`; no parser of the database runs."""

    def __init__(self, text: str) -> None:
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
    columns = ArrayField(models.TextField(), default=list)  # for "matched column order_id"
    score = models.FloatField(null=True)  # 0-100; null: not measured
    measured_at = models.DateTimeField(null=True)
    consumers = models.IntegerField(default=0)
    rank = models.FloatField(default=0)  # static: status, score, consumers
    visibility = models.CharField(max_length=12)  # company, domain, restricted
    listed = models.BooleanField()  # active or deprecated
    readers = ArrayField(models.BigIntegerField(), default=list)  # teams with a live grant
    reader_users = ArrayField(models.BigIntegerField(), default=list)
    url = models.CharField(max_length=700)
    updated_at = models.DateTimeField()
    vector = SearchVectorField(null=True)

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-rank", "id"]
        indexes = [
            GinIndex(fields=["vector"], name="search_vector"),
            models.Index(fields=["-rank", "id"], name="search_by_rank"),
            models.Index(fields=["name", "id"], name="search_by_name"),
            models.Index(
                Coalesce("score", UNMEASURED).desc(), F("id").asc(), name="search_by_score"
            ),
            models.Index(fields=["-updated_at", "id"], name="search_by_update"),
            models.Index(fields=["-consumers", "id"], name="search_by_consumers"),
            models.Index(fields=["domain_path"], name="search_by_domain"),
            models.Index(fields=["owner_team_id"], name="search_by_owner"),
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
