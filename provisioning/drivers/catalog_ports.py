"""Action `port` of the catalogue: one output port more for a product that is there."""

from __future__ import annotations

from dataclasses import replace

from accounts.actors import system_actor
from catalog.products import services as products
from catalog.products.models import DataProduct, OutputPort
from catalog.products.services import PortData
from catalog.quality import services as quality
from provisioning.drivers.catalog_data import port_data
from provisioning.drivers.protocol import (
    Change,
    EffectRecord,
    Observed,
    PermanentError,
    PlannedEffect,
    Step,
)

UNDONE = "The port is taken away, unless somebody has access to it."


def plan(step: Step) -> list[PlannedEffect]:
    """One port; its checks come with it."""
    change = Change.UPDATE if _own(step) else Change.CREATE
    return [PlannedEffect("port", _fqn(step), change, UNDONE)]


def observe(step: Step) -> Observed:
    """The port that this instance made, wherever its product is by now."""
    port = _own(step)
    return _observed(port, Change.KEEP) if port else Observed(exists=False)


def ensure(step: Step) -> Observed:
    """Add the port, or make it as the step says; the other ports stay."""
    known = _own(step)
    if known is None and OutputPort.objects.filter(fqn=_fqn(step)).exists():
        raise PermanentError(f"{_fqn(step)} is there already, and something else made it.")
    product = known.product if known else _product(step)
    wanted = port_data(step.spec["port"])
    _save(product, [*_others(product, wanted), wanted])
    port = _own(step)
    if port is None:
        raise PermanentError("The port names no instance, so nobody could take it away again.")
    checks = quality.sync_checks(port=port)
    step.log("info", "catalog", f"Output port {port.fqn} is in place, with {checks} checks.")
    return _observed(port, Change.UPDATE if known else Change.CREATE)


def remove(step: Step) -> None:
    """Take away the port that this instance made."""
    port = _own(step)
    if port is not None:
        _save(port.product, _others(port.product, port_data(step.spec["port"])))
        step.log("info", "catalog", f"Output port {port.fqn} is taken away.")


def _save(product: DataProduct, ports: list[PortData]) -> None:
    data = replace(products.data_of(product), ports=tuple(ports))
    products.put_product(data=data, actor=system_actor(), note="An output port by a service.")


def _others(product: DataProduct, port: PortData) -> list[PortData]:
    ports = products.data_of(product).ports
    return [each for each in ports if (each.name, each.major) != (port.name, port.major)]


def _product(step: Step) -> DataProduct:
    found = DataProduct.objects.filter(fqn=step.spec["product"]).select_related("domain", "owner")
    product = found.first()
    if product is None:
        raise PermanentError(f"There is no product {step.spec['product']} (any more).")
    return product


def _own(step: Step) -> OutputPort | None:
    port = step.spec["port"]
    found = OutputPort.objects.filter(
        name=port["name"], major=port.get("major", 1), location__instance=str(step.instance_id)
    )
    return found.select_related("product__domain", "product__owner").first()


def _fqn(step: Step) -> str:
    port = step.spec["port"]
    return f"{step.spec['product']}/{port['name']}@{port.get('major', 1)}"


def _observed(port: OutputPort, change: Change) -> Observed:
    effect = EffectRecord("port", port.fqn, {"change": change})
    attributes = {"port": port.fqn, "product": port.product.fqn}
    return Observed(True, summary=port.fqn, effects=(effect,), attributes=attributes)
