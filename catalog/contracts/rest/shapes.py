"""What the answers about contracts look like, for the OpenAPI document."""

from __future__ import annotations

from core.openapi import (
    ANYTHING,
    COUNT,
    FLAG,
    FREE,
    MOMENT,
    PLACE_OF_DOMAIN,
    TEAM_NAME,
    TEXT,
    URL,
    UUID,
    WHOLE,
    about,
    extended,
    keyed,
    listed,
    maybe,
    one_of,
    record,
)

LEVEL = one_of(["breaking", "compatible", "cosmetic", "none"])
CONTRACT = record(
    "Contract",
    {
        "id": UUID,
        "document_id": about(TEXT, "the ODCS `id`"),
        "name": TEXT,
        "owner": TEAM_NAME,
        "domain": PLACE_OF_DOMAIN,
        "offered": about(FLAG, "a port of a product names it"),
        "url": about(URL, "its page"),
        "self": URL,
    },
)
_VERSION = {
    "version": TEXT,
    "status": TEXT,
    "api_version": about(TEXT, "version of ODCS that the document declares"),
    "sha256": about(TEXT, "of the text"),
    "created_at": MOMENT,
    "created_by": TEXT,
}
VERSION = record("ContractVersion", _VERSION)
CONTRACT_IN_FULL = extended(
    "ContractInFull",
    CONTRACT,
    {
        **_VERSION,
        "text": about(TEXT, "the document as it was given, to the byte"),
        "document": about(FREE, "the same, read; nothing is dropped"),
    },
)
CHANGE = record(
    "ContractChange",
    {
        "level": LEVEL,
        "direction": about(TEXT, "who is hit: consumer, producer, both or none"),
        "code": about(TEXT, "stable slug"),
        "path": about(TEXT, "for people"),
        "pointer": about(TEXT, "RFC 6901; of what was removed, in the older document"),
        "before": ANYTHING,
        "after": ANYTHING,
        "message": TEXT,
    },
    optional=("before", "after"),
)
PARTY = record(
    "AffectedParty",
    {
        "kind": TEXT,
        "id": TEXT,
        "name": TEXT,
        "url": URL,
        "owner": TEAM_NAME,
        "via": about(TEXT, "the port that it reads"),
        "version": TEXT,
        "distance": about(WHOLE, "hops from the contract's own ports"),
    },
)
DIFF = record(
    "ContractDiff",
    {
        "from": TEXT,
        "to": TEXT,
        "level": LEVEL,
        "levels": keyed(LEVEL, "the worst for each side"),
        "advice": about(TEXT, "the step that semantic versioning asks for"),
        "bump": maybe(TEXT, "the step that the numbers take; null: they cannot be compared"),
        "keeps_advice": maybe(FLAG, "whether that is enough"),
        "summary": keyed(COUNT, "how many changes of each level"),
        "changes": listed(CHANGE),
        "affected": listed(PARTY, "those who read data under the contract"),
        "affected_hidden": about(COUNT, "those whom you may not see"),
    },
)
