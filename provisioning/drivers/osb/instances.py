"""Action `instance`: a service of a broker, provisioned, changed and deprovisioned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioning.drivers.osb.catalog import Offer
from provisioning.drivers.osb.changing import change, differs
from provisioning.drivers.osb.life import Life, create
from provisioning.drivers.osb.looking import look
from provisioning.drivers.places import safe_url
from provisioning.drivers.protocol import Change


@dataclass(frozen=True)
class Made:
    """What became of a thing, for the ledger."""

    change: Change
    attributes: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)


def ensure(life: Life, offer: Offer) -> Made:
    """Have the instance there, in the plan and with the parameters of the spec.

    Raises:
        DriverError: it is not (yet).
    """
    if life.state != "there" or not look(life.broker, life.thing).exists:
        if life.state == "there":
            life.step.log("warning", "osb", "The broker does not have it any more; made again.")
            life.keep(state="absent")
        create(life, offer)
        done = Change.CREATE
    elif differs(life):
        change(life, offer)
        done = Change.UPDATE
    else:
        done = Change.KEEP
    return Made(done, {"plan_id": offer.plan.id, "result": _result(life, offer)})


def _result(life: Life, offer: Offer) -> dict[str, Any]:
    url = safe_url(life.known.get("dashboard_url"))
    return {"links": [{"label": f"Open {offer.service.title}", "url": url}]} if url else {}
