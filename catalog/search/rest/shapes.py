"""What the answers of the search look like, for the OpenAPI document."""

from __future__ import annotations

from core.openapi import (
    COUNT,
    FLAG,
    MOMENT,
    NUMBER,
    TEAM_NAME,
    TEXT,
    TEXTS,
    URL,
    WHOLE,
    about,
    extended,
    keyed,
    listed,
    maybe,
    record,
)

PLACE = record("HitDomain", {"path": about(TEXT, "empty: of none"), "name": TEXT})
HIT = record(
    "Hit",
    {
        "kind": about(TEXT, "product, contract, system, term, team, domain, blueprint, ..."),
        "id": TEXT,
        "fqn": TEXT,
        "name": TEXT,
        "purpose": TEXT,
        "status": maybe(TEXT),
        "archetype": maybe(TEXT),
        "classification": maybe(TEXT),
        "domain": PLACE,
        "owner": TEAM_NAME,
        "tags": TEXTS,
        "technologies": TEXTS,
        "score": maybe({**NUMBER, "minimum": 0, "maximum": 100}, "null: not measured"),
        "measured_at": maybe(MOMENT),
        "stale_at": maybe(MOMENT, "since then the score is stale"),
        "incident": maybe(TEXT, "severity of the gravest open one of a product; null: none"),
        "consumer_count": COUNT,
        "updated_at": MOMENT,
        "url": URL,
        "matched": maybe(
            record("Matched", {"kind": TEXT, "text": TEXT}, description="where the words stand")
        ),
    },
)
FACET = record(
    "FacetValue",
    {
        "value": TEXT,
        "label": TEXT,
        "count": about(COUNT, "hits if it were the only choice of its facet"),
        "selected": FLAG,
        "depth": about(WHOLE, "of a domain below its top domain"),
        "is_least": about(FLAG, "there are more than `count`"),
    },
)
SEARCHED = record(
    "SearchedFor",
    {
        "text": TEXT,
        "corrected": about(FLAG, "a typing mistake was mended"),
        "most_words": about(FLAG, "no hit has all the words; these have most"),
        "also": about(TEXTS, "synonyms of the glossary"),
    },
)
FOUND = record(
    "",
    {
        "results": listed(HIT),
        "next": maybe(URL, "the next page; null on the last"),
        "total": COUNT,
        "total_capped": about(FLAG, "there are more than `total`"),
        "facets": keyed(listed(FACET), "choices of each filter"),
        "searched_for": SEARCHED,
    },
)
PART = record("MarkedText", {"text": TEXT, "hit": FLAG})
SUGGESTION = record(
    "Suggestion",
    {
        "kind": TEXT,
        "fqn": TEXT,
        "name": TEXT,
        "domain_name": TEXT,
        "owner_name": TEXT,
        "owner_team_id": maybe(WHOLE),
        "status": TEXT,
        "url": URL,
        "parts": listed(PART, "the name, with what was typed marked"),
    },
)
SUGGESTED = record(
    "", {"results": listed(SUGGESTION), "groups": keyed(TEXTS, "fqns by kind, in order")}
)
SAVED = record(
    "SavedSearch",
    {
        "id": WHOLE,
        "name": TEXT,
        "query": about(TEXT, "query string of a marketplace page"),
        "follow": about(FLAG, "you hear of what is new"),
    },
)
SAVED_WITH_NEWS = extended(
    "SavedSearchWithNews",
    SAVED,
    {"new": about(COUNT, "rows since it was last opened"), "url": URL},
)
