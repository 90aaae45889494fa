"""What the answers about products, systems and wishes look like, for the OpenAPI document."""

from __future__ import annotations

from catalog.products.states import Archetype, DemandState, ProductStatus, Visibility
from core.openapi import (
    ANYTHING,
    COUNT,
    DAY,
    FLAG,
    FREE,
    MOMENT,
    NUMBER,
    PLACE_OF_DOMAIN,
    TEAM_NAME,
    TEXT,
    TEXTS,
    URL,
    UUID,
    WHOLE,
    Shape,
    about,
    extended,
    listed,
    maybe,
    one_of,
    record,
)

FQN = about(TEXT, "fully qualified name, <domain>.<product>")
SCORE = {**NUMBER, "minimum": 0, "maximum": 100}
STATUS = one_of(ProductStatus.values)
DATASET_NAME = record("DatasetName", {"namespace": TEXT, "name": TEXT})
LINK = record("Link", {"kind": TEXT, "label": TEXT, "url": URL})
OWNERSHIP = record(
    "Ownership",
    {
        "kind": about(TEXT, "owner, steward, expert, on-call"),
        "user": about(TEXT, "user name, or empty"),
        "team": about(TEXT, "slug, or empty"),
    },
)
QUALITY = record(
    "QualitySummary",
    {
        "score": maybe(SCORE, "null: not measured"),
        "coverage": {**NUMBER, "minimum": 0, "maximum": 1},
        "measured_at": maybe(MOMENT),
        "stale": about(FLAG, "older than the checks' schedule allows"),
    },
)
CONTRACT_OF_PORT = record(
    "ContractOfPort",
    {"id": UUID, "document_id": about(TEXT, "the ODCS `id`"), "version": TEXT},
)
NEXT_VERSION = record(
    "AnnouncedVersion", {"version": TEXT, "on": maybe(DAY)}, description="announced, not yet held"
)
OUTPUT_PORT = record(
    "OutputPort",
    {
        "fqn": about(TEXT, "<domain>.<product>/<port>@<major>"),
        "name": TEXT,
        "major": COUNT,
        "version": TEXT,
        "title": TEXT,
        "description": TEXT,
        "technology": about(TEXT, "ODCS server type, e.g. postgresql"),
        "contract": maybe(CONTRACT_OF_PORT),
        "next": maybe(NEXT_VERSION),
        "location": about(FREE, "where its data is; what it holds depends on the technology"),
        "requestable": about(FLAG, "access can be asked for here"),
        "takes_writes": about(FLAG, "others may ask to write"),
        "datasets": listed(DATASET_NAME),
    },
)
INPUT_PORT = record(
    "InputPort",
    {
        "name": TEXT,
        "version": TEXT,
        "contract_id": maybe(TEXT, "ODCS `id` of what is read"),
        "source": maybe(TEXT, "fqn of the port that is read, if you may see it"),
        "system": maybe(TEXT, "fqn of the operational system that is read"),
    },
)
PRODUCT = record(
    "Product",
    {
        "id": UUID,
        "fqn": FQN,
        "document_id": about(TEXT, "the ODPS `id`"),
        "name": TEXT,
        "purpose": TEXT,
        "description": about(TEXT, "Markdown"),
        "limitations": TEXT,
        "usage": TEXT,
        "status": STATUS,
        "archetype": maybe(one_of(Archetype.values)),
        "visibility": one_of(Visibility.values),
        "classification": maybe(TEXT, "slug, see `classifications`"),
        "version": TEXT,
        "tags": TEXTS,
        "terms": about(TEXTS, "slugs of terms of the glossary"),
        "links": listed(LINK),
        "extra": about(FREE, "fields of its domain"),
        "ownership": listed(OWNERSHIP),
        "revision": about(COUNT, "what `If-Match` compares"),
        "domain": PLACE_OF_DOMAIN,
        "owner": TEAM_NAME,
        "quality": QUALITY,
        "consumer_count": COUNT,
        "output_ports": listed(OUTPUT_PORT),
        "input_ports": listed(INPUT_PORT),
        "successor": maybe(TEXT, "fqn of the product that follows, if you may see it"),
        "sunset_on": maybe(DAY),
        "url": about(URL, "its page"),
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "published_at": maybe(MOMENT),
        "written_at": maybe(
            MOMENT,
            "When a run last wrote data into one of its ports, by lineage; null: none was seen.",
        ),
    },
)
REVISION = record(
    "Revision",
    {
        "number": COUNT,
        "at": MOMENT,
        "actor": TEXT,
        "verb": TEXT,
        "note": TEXT,
        "changes": listed(ANYTHING, "field by field"),
    },
)
PORT = record(
    "Port",
    {
        "fqn": about(TEXT, "<domain>.<product>/<port>@<major>"),
        "product": FQN,
        "name": TEXT,
        "major": COUNT,
        "version": TEXT,
        "title": TEXT,
        "technology": TEXT,
        "status": about(STATUS, "of the product"),
        "owner": about(TEXT, "slug"),
        "domain": about(TEXT, "path"),
        "contract": maybe(TEXT, "id of its contract"),
        "contract_version": maybe(TEXT),
        "requestable": FLAG,
        "takes_writes": FLAG,
    },
)
COLUMN = record(
    "Column",
    {
        "port": about(TEXT, "fqn of the port that offers it"),
        "product": FQN,
        "owner": about(TEXT, "slug of the team"),
        "domain": about(TEXT, "path"),
        "contract": about(TEXT, "id of the contract"),
        "contract_version": TEXT,
        "object": about(TEXT, "table, view, topic or file"),
        "path": about(TEXT, "dotted where it is nested"),
        "physical_name": TEXT,
        "logical_type": TEXT,
        "physical_type": TEXT,
        "classification": about(TEXT, "as the contract says; empty: it says nothing"),
        "required": FLAG,
        "unique": FLAG,
        "primary_key": FLAG,
        "description": TEXT,
        "tags": TEXTS,
    },
)
SYSTEM_CARD = record(
    "System",
    {
        "id": UUID,
        "fqn": about(TEXT, "<domain>.<system>"),
        "document_id": TEXT,
        "name": TEXT,
        "purpose": TEXT,
        "status": TEXT,
        "technology": TEXT,
        "tags": TEXTS,
        "domain": PLACE_OF_DOMAIN,
        "owner": TEAM_NAME,
        "url": URL,
        "updated_at": MOMENT,
    },
)
SYSTEM_PORT = record(
    "SystemPort",
    {
        "fqn": TEXT,
        "name": TEXT,
        "kind": about(TEXT, "openapi, asyncapi, ..."),
        "title": TEXT,
        "version": TEXT,
        "description": TEXT,
        "url": URL,
        "operations": listed(ANYTHING, "as its document names them"),
        "datasets": listed(DATASET_NAME, "as lineage names what stands behind it"),
        "document_url": maybe(URL),
    },
)
SYSTEM_IN_FULL = extended(
    "SystemInFull",
    SYSTEM_CARD,
    {
        "description": TEXT,
        "links": listed(LINK),
        "ports": listed(SYSTEM_PORT),
        "consumers": about(TEXTS, "fqns of products that read it; 200 at most"),
        "created_at": MOMENT,
    },
)
SYSTEM_PUT = extended(
    "SystemPut",
    SYSTEM_IN_FULL,
    {"action": one_of(["create", "update", "unchanged"]), "changes": listed(ANYTHING)},
)
DEMAND = record(
    "Demand",
    {
        "id": UUID,
        "title": TEXT,
        "need": about(TEXT, "Markdown"),
        "state": one_of(DemandState.values),
        "votes": COUNT,
        "domain": maybe(TEXT, "path"),
        "author": maybe(TEXT, "user name"),
        "team": maybe(TEXT, "slug of the team that took it up"),
        "product": maybe(TEXT, "fqn of the product that answers it, if you may see it"),
        "answer": TEXT,
        "url": URL,
        "created_at": MOMENT,
        "updated_at": MOMENT,
    },
)
FOLLOWED = record("", {"following": FLAG, "followers": COUNT})
ANNOUNCED = record(
    "Announcement",
    {
        "id": WHOLE,
        "kind": one_of(["news", "maintenance", "incident"]),
        "title": TEXT,
        "body": about(TEXT, "Markdown"),
        "author": maybe(TEXT, "user name"),
        "starts_at": MOMENT,
        "ends_at": maybe(MOMENT),
        "live": about(FLAG, "holds now"),
    },
)
_SAID = {
    "id": WHOLE,
    "parent": maybe(WHOLE),
    "author": maybe(TEXT, "user name"),
    "body": about(TEXT, "Markdown; empty where the words were taken away"),
    "created_at": MOMENT,
    "edited_at": maybe(MOMENT),
    "removed_at": maybe(MOMENT),
}
REPLY = record("Reply", {**_SAID, "replies": {"type": "array", "maxItems": 0}})
SAID = record("Comment", {**_SAID, "replies": listed(REPLY)})
LINKED_DATA: Shape = about(FREE, "JSON-LD: DCAT 3 with DPROD")
DESCRIPTOR: Shape = about(FREE, "an ODPS document")
PORT_DOCUMENT: Shape = about(FREE, "the OpenAPI or AsyncAPI document as it was given")
