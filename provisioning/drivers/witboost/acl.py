"""Action `acl`: who may read a component; each call names all of them."""

from __future__ import annotations

from collections.abc import Sequence

from provisioning.drivers.protocol import Change, Json, PermanentError, TemporaryError
from provisioning.drivers.witboost.tasks import Life, run
from provisioning.drivers.witboost.wire import FAILED


def ensure(life: Life, component: Json) -> Change:
    """Let exactly those of the spec read.

    Raises:
        PermanentError: the component is not there, or the adapter refuses.
    """
    if component.get("state") != "there":
        raise PermanentError("The component is not there (any more), so nobody can be let in.")
    wanted = sorted(set(life.step.spec["refs"]))
    was_there = life.state == "there"
    if was_there and life.known.get("refs") == wanted:
        return Change.KEEP
    life.keep(state="sent", asked=wanted)
    _say(life, component, wanted)
    life.keep(state="there", refs=wanted)
    return Change.UPDATE if was_there else Change.CREATE


def remove(life: Life, component: Json) -> None:
    """Let nobody read any more; who is gone with the component needs no telling."""
    if component.get("state") == "there":
        _say(life, component, [])
    life.keep(state="absent", refs=[])


def _say(life: Life, component: Json, refs: Sequence[str]) -> None:
    info = {"request": component["descriptor"], "result": "provisioned"}
    status = run(life, "updateacl", {"refs": list(refs), "provisionInfo": info})
    if status.status == FAILED:
        text = f"The adapter could not change who may read. {status.text}".strip()
        raise TemporaryError(text) if not refs else PermanentError(text)
