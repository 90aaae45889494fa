"""What teams of the demo company made by services: sandbox, workspaces, a port; and a drift."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from typing import Any

from django.utils import timezone
from psycopg import sql

from catalog.products.models import DataProduct, OutputPort
from portal.demo.company import DATA, instance_id, products, read
from portal.demo.people import Company, company
from portal.demo.rows import rows_of
from portal.demo.warehouse import fill, work_off
from provisioning.blueprints.models import Blueprint
from provisioning.blueprints.services import (
    register_blueprint,
    request_service,
    warn_expiring,
)
from provisioning.drivers.postgres.session import connected
from provisioning.drivers.postgres.target import warehouse
from provisioning.jobs.models import Instance
from provisioning.jobs.services.reconciling import look_at
from provisioning.requests.models import Request


def ask_for_services() -> None:
    """Ask for what is made beside products, as its teams would; workers make it meanwhile."""
    here = company()
    asked = read("services")["asked"]
    for number in range(1, read("services")["blueprint"]["versions"] + 1):
        _publish(number, here)
        for each in asked:
            if each.get("version", 1) == number:
                _ask(each, here)


def load_port() -> None:
    """One more port of a product that is there, with rows in it."""
    given = read("services")["port"]
    if _ask(given, company()):
        work_off()
        fill(Instance.objects.get(pk=_instance_of(given)), _port_of(given), _by_day())


def load_ends_and_drift() -> None:
    """Who owns what ends soon is told; somebody changes a table past the portal, and it is seen.

    What was looked at before stays: a drift that people mended does not come back.
    """
    warn_expiring()
    given = read("services")["drift"]
    port = OutputPort.objects.select_related("product").get(fqn=given["port"])
    instance = Instance.objects.get(
        pk=str(port.location.get("instance") or port.product.instance_id)
    )
    if instance.looked_at is None:
        _make_differ(port)
        look_at(instance)


def _publish(number: int, here: Company) -> None:
    """This version of the domain team's blueprint, unless it or a newer one is there."""
    given = read("services")["blueprint"]
    known = Blueprint.objects.filter(slug=given["name"]).select_related("current").first()
    if known is None or known.current is None or known.current.number < number:
        register_blueprint(
            text=(DATA / f"{given['name']}-{number}.yaml").read_text(),
            owner=here.teams[given["team"]],
            actor=here.owner(given["team"]),
        )


def _ask(given: dict[str, Any], here: Company) -> bool:
    """False when it was asked for before."""
    pk = _instance_of(given)
    if Request.objects.filter(instance_id=pk).exists():
        return False
    until = {}
    if "until" in given:
        day = timezone.now().date() + dt.timedelta(days=given["until"])
        until = {"until": day.isoformat()}
    request_service(
        blueprint=Blueprint.objects.select_related("current").get(slug=given["blueprint"]),
        parameters={**given["parameters"], **until},
        purpose="",
        actor=here.owner(given["team"]),
        instance_id=pk,
    )
    return True


def _instance_of(given: dict[str, Any]) -> uuid.UUID:
    parameters = given["parameters"]
    return instance_id(f"{given['blueprint']}/{parameters.get('name') or parameters['port']}")


def _port_of(given: dict[str, Any]) -> OutputPort:
    product = DataProduct.objects.get(fqn=given["parameters"]["product"])
    return OutputPort.objects.get(product=product, name=given["parameters"]["port"])


def _by_day() -> list[dict[str, Any]]:
    """The orders counted by day and channel."""
    sums: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows_of(products()["sales.orders"]):
        sums[row["ordered_at"][:10], row["channel"]].append(row["order_value_eur"])
    return [
        {
            "ordered_on": day,
            "channel": channel,
            "orders": len(values),
            "order_value_eur": round(sum(values), 2),
        }
        for (day, channel), values in sorted(sums.items())
    ]


def _make_differ(port: OutputPort) -> None:
    """As an administrator of the warehouse who lets a column be empty by hand."""
    place = port.location
    column = sql.Identifier(read("services")["drift"]["column"])
    table = sql.Identifier(place["schema"], next(iter(place["tables"].values())))
    with connected(warehouse(None)) as conn:
        conn.execute(sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL").format(table, column))
