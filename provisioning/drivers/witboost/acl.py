"""Action `acl`: who may read a component.

An adapter is always told all readers of a component. Several instances may let somebody in, e.g.
one for each grant: each keeps a row of ours with its own readers, written before the adapter is
told, and whoever tells it looks afterwards whether the rows are still the same. The last one to
tell has seen them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from provisioning.drivers.memory import recalled, recalled_of
from provisioning.drivers.protocol import (
    Change,
    DriverError,
    Json,
    Pending,
    PermanentError,
    StaleFence,
    TemporaryError,
)
from provisioning.drivers.witboost.tasks import Life, run
from provisioning.drivers.witboost.wire import FAILED, Status

COUNTED: Final = ("sent", "there", "orphan")  # states of rows whose readers are told
TRIES: Final = 8


@dataclass(frozen=True)
class Component:
    """What is read: the row of ours about it, and what that says."""

    resource: str
    known: Json

    @property
    def is_there(self) -> bool:
        return self.known.get("state") == "there"


def component_at(resource: str) -> Component:
    return Component(resource, recalled(resource))


def ensure(life: Life, component: Component) -> Change:
    """Let those of the spec read, beside those whom others let in.

    Raises:
        PermanentError: the component is not there, or the adapter refuses; nobody was let in.
    """
    if life.state == "orphan":
        _put_back(life, component)
    if not component.is_there:
        raise PermanentError("The component is not there (any more), so nobody can be let in.")
    wanted = sorted(set(life.step.spec["refs"]))
    before = _before(life)
    kept = life.state == "there" and before == wanted
    if kept and life.known.get("told") == _readers(component):
        return Change.KEEP
    life.keep(state="sent", before=before, refs=wanted, component=component.resource)
    try:
        status = _tell(life, component)
    except PermanentError:
        life.keep(state="there" if before else "absent", refs=before)  # it was refused: as it was
        raise
    if status.status == FAILED:
        life.keep(state="orphan", reason=_reason(status), refs=before)
        _put_back(life, component)
    life.keep(state="there", before=None)
    return Change.UPDATE if before else Change.CREATE


def remove(life: Life, component: Component) -> None:
    """Let those of this instance read no more; who is gone with the component needs no telling."""
    life.keep(state="leaving", refs=[], component=component.resource)
    if component.is_there:
        _tell_for_sure(life, component)
    life.keep(state="absent", running=None, saying=None)


def _before(life: Life) -> list[str]:
    """Whom the adapter had let in for this instance before it was told anything else."""
    known = {"there": "refs", "sent": "before"}.get(life.state)
    found: list[str] = life.known.get(known) or [] if known else []
    return found


def _put_back(life: Life, component: Component) -> NoReturn:
    """After a failure nobody knows who was let in: the adapter is told as it was before."""
    reason, before = life.known["reason"], life.known.get("before") or []
    try:
        _tell_for_sure(life, component)
    except (Pending, StaleFence):
        raise
    except DriverError as error:
        raise TemporaryError(f"{reason} It could not be put back: {error}") from error
    life.keep(state="there" if before else "absent", before=None)
    raise PermanentError(reason)


def _tell_for_sure(life: Life, component: Component) -> None:
    status = _tell(life, component)
    if status.status == FAILED:
        raise TemporaryError(_reason(status))


def _tell(life: Life, component: Component) -> Status:
    """Tell the adapter all readers, until they are the same afterwards; what runs ends first."""
    for _ in range(TRIES):
        if life.known.get("running") is None:
            life.keep(saying=_readers(component))
        refs = life.known["saying"]
        status = _say(life, component, refs)
        if status.status == FAILED:
            return status
        if refs == _readers(component):
            life.keep(told=refs, saying=None)
            return status
    raise TemporaryError("Others change who may read all the time.")


def _say(life: Life, component: Component, refs: Sequence[str]) -> Status:
    info = {"request": component.known["descriptor"], "result": "provisioned"}
    return run(life, "updateacl", {"refs": list(refs), "provisionInfo": info})


def _readers(component: Component) -> list[str]:
    """Whom all instances together let in."""
    place = ":".join(component.resource.split(":")[:2])  # witboost:<target>
    rows = recalled_of(f"{place}:", component=component.resource)
    refs = (row.get("refs", ()) for row in rows if row.get("state") in COUNTED)
    return sorted({ref for each in refs for ref in each})


def _reason(status: Status) -> str:
    return f"The adapter could not change who may read. {status.text}".strip()
