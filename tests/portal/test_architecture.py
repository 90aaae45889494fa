"""`docs/architecture.md` lists every registration of a higher room in a lower one."""

from pathlib import Path

from catalog.contracts import extensions as contracts
from catalog.governance import extensions as governance
from catalog.lineage import extensions as lineage
from catalog.products import extensions as products
from catalog.search import extensions as search
from core import outbox, panels
from core.graphql import fields as graphql
from portal.graphql import schema as _schema  # noqa: F401 - makes the fields register
from provisioning.blueprints import extensions as blueprints
from provisioning.drivers import extensions as drivers
from provisioning.jobs import extensions as jobs
from provisioning.requests import extensions as requests

PAGE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
BEGIN, END = "<!-- registrations: begin -->\n", "<!-- registrations: end -->"


def rows() -> list[tuple[str, str]]:
    """(extension point, who takes part) of everything that `ready()` registered."""
    found = [
        (f"outbox topic `{topic}`", handler)
        for topic, handlers in outbox.subscriptions().items()
        for handler in handlers
    ]
    found += [
        (f"panel `{slot}`", panel)
        for slot, entries in panels.registrations().items()
        for panel in entries
    ]
    found += [("`contracts.affected_parties`", source) for source in contracts.registrations()]
    found += [
        ("`contracts.promised_versions`", source) for source in contracts.promise_registrations()
    ]
    found += [
        (f"`governance.subjects` {kind}", who) for kind, who in governance.registrations().items()
    ]
    found += [(f"`governance.facts` {name}", who) for name, who in governance.fact_registrations()]
    found += [("`governance.term_users`", who) for who in governance.term_registrations()]
    found += [("`lineage.consumers`", who) for who in lineage.registrations()]
    found += [("`search.product_mark`", who) for who in search.registrations()]
    found += [("`products.hold_moves`", who) for who in products.hold_registrations()]
    found += [("`lineage.results`", who) for who in lineage.results_registrations()]
    found += [("`products.links_changed`", handler) for handler in products.registrations()]
    found += [
        (f"`{point}`", handler)
        for point, handlers in jobs.registrations().items()
        for handler in handlers
    ]
    found += [
        (f"`requests.kinds` {name}", handler) for name, handler in requests.registrations().items()
    ]
    found += [("`drivers.target_users`", users) for users in drivers.registrations()]
    found += [(f"`{point}`", who) for point, who in blueprints.registrations()]
    found += [
        (f"GraphQL type `{name}`", f"field {field}")
        for name, fields in graphql.extensions().items()
        for field in fields
    ]
    return sorted(found)


def table() -> str:
    lines = ["| extension point | taken by |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {point} | `{who}` |" for point, who in rows())]) + "\n"


def test_the_table_is_what_is_registered():
    text = PAGE.read_text()
    listed = text.partition(BEGIN)[2].partition(END)[0]

    assert listed == table(), f"put this between the marks in {PAGE.name}:\n{table()}"
