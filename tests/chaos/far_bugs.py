"""Planted bugs of drivers in targets of teams: each forgets what it did, or does nothing."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4, uuid5

from provisioning.drivers import registry
from provisioning.drivers.git import changes
from provisioning.drivers.git import label as labels
from provisioning.drivers.osb import things
from provisioning.drivers.osb.wire import path_of
from provisioning.drivers.protocol import Observed, Step
from provisioning.drivers.s3 import areas
from provisioning.drivers.webhook import WebhookDriver
from provisioning.drivers.witboost import components


def webhook_forgets() -> None:
    """A repeated step has another key."""
    ensure = WebhookDriver.ensure

    def forgetful(self: WebhookDriver, step: Step, *, effect_key: str, fence: int) -> Observed:
        return ensure(self, step, effect_key=str(uuid4()), fence=fence)

    WebhookDriver.ensure = forgetful  # type: ignore[method-assign]


def git_forgets() -> None:
    """It knows neither the files that it wrote nor its own commits."""
    changes.files_in = lambda *_: ()  # type: ignore[assignment]
    labels.is_for = lambda *_: False


def s3_forgets() -> None:
    """Each worker has another name for the area."""
    name = f"orders-{uuid4().hex[-8:]}"
    areas.area_name = lambda _step: name


def osb_forgets() -> None:
    """Each worker tells the broker another id."""
    salt = str(uuid4())

    def path(instance_id: object, binding_id: object = None) -> str:
        return path_of(uuid5(UUID(str(instance_id)), salt), binding_id)

    things.path_of = path


def witboost_forgets() -> None:
    """What was provisioned under a key is provisioned again."""
    ensure = components.ensure
    components.ensure = lambda life, _key: ensure(life, str(uuid4()))


def removal_unverified() -> None:
    """The driver says that it is gone, and nobody asked the target."""
    for name in registry.versions():
        driver = registry.get_driver(name)
        driver.ensure_absent = (  # type: ignore[method-assign]
            lambda _step, *, effect_key, fence: Observed(False, fence)
        )


FAR: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        webhook_forgets,
        git_forgets,
        s3_forgets,
        osb_forgets,
        witboost_forgets,
        removal_unverified,
    )
}
