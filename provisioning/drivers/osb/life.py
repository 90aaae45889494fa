"""The life of one thing at a broker: created, waited for, removed, and no orphan left.

What was sent is written down before it is sent, so a worker that takes over knows what may be
there. `known["state"]`: unsent (nothing was ever asked for), sent (outcome unknown), working (the
broker goes on by itself), there, orphan (to be removed before anything else), absent (for certain).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from core.clock import db_now
from core.outbound import OutboundError, Unreachable
from provisioning.drivers.memory import remember
from provisioning.drivers.osb.catalog import Offer
from provisioning.drivers.osb.wire import Broker, Said, outcome_unknown, refusal
from provisioning.drivers.places import in_driver_words
from provisioning.drivers.protocol import (
    DriverError,
    Json,
    Pending,
    PermanentError,
    StaleFence,
    Step,
    TemporaryError,
)

ASYNC: Final = {"accepts_incomplete": "true"}
SUCCEEDED, FAILED = "succeeded", "failed"


@dataclass(frozen=True)
class Thing:
    """A service instance or a binding, as a broker is told of it."""

    noun: str
    resource: str  # its name in the portal's memory
    path: str
    body: Json
    wants: Json  # what tells it from another state of the same thing: plan, parameters
    is_whole: Callable[[Json], bool]  # whether an answer holds what a finished one has to

    @property
    def ids(self) -> dict[str, str]:
        return {name: str(self.body[name]) for name in ("service_id", "plan_id")}


@dataclass
class Life:
    """One call of a verb: a thing, what is known of it, and who is at work on it."""

    broker: Broker
    thing: Thing
    step: Step
    effect_key: str
    fence: int
    known: Json

    @property
    def state(self) -> str:
        return str(self.known.get("state", ""))

    def keep(self, **changes: Any) -> None:
        """Write down what is known by now."""
        self.known = {**self.known, **changes}
        remember(self.thing.resource, self.fence, self.known)

    def ids(self) -> dict[str, str]:
        """Service and plan as the broker has them by now."""
        return {name: self.known.get(name, value) for name, value in self.thing.ids.items()}

    def send(
        self, method: str, query: Mapping[str, str], *, body: Json | None = None, below: str = ""
    ) -> Said:
        """Raises: OutboundError: nobody knows what became of it."""
        spec = self.step.spec
        names = ("requester", "team", "domain")
        identity = {name: spec[name] for name in names if spec.get(name)}
        return self.broker.send(
            method,
            self.thing.path + below,
            query,
            body=body,
            effect_key=self.effect_key,
            identity={"instance": str(self.step.instance_id), **identity},
        )


def create(life: Life, offer: Offer) -> Json:
    """Have the thing made; returns the broker's last words on it.

    Raises:
        DriverError: it is not made, and nothing of it is left that could be removed now.
    """
    if life.state == "orphan":
        _remove_orphan(life)
    if life.state == "working":
        return _await_creation(life)
    was_sent = life.state in ("sent", "there")
    life.keep(
        **life.thing.ids,
        **life.thing.wants,
        state="sent",
        removal=None,
        max_polling_s=offer.plan.max_polling_s,
    )
    try:
        said = life.send("PUT", ASYNC, body=life.thing.body)
    except OutboundError as error:
        _lose(life, outcome_unknown(error), again=isinstance(error, Unreachable))
    return _created(life, said, was_sent=was_sent)


def remove(life: Life) -> None:
    """Have the thing removed; what is gone already is success.

    Raises:
        Pending: the broker goes on by itself.
        DriverError: it may still be there; call again.
    """
    if life.known.get("removal") is None:
        with in_driver_words():
            said = life.send("DELETE", {**life.ids(), **ASYNC})
        if said.status == 202 and said.is_object:
            life.keep(removal=begun(life, said))
            raise waiting(life.known["removal"], "The broker is at work on the removal.")
        if not (said.status == 410 or (said.status == 200 and said.is_object)):
            raise _not_done(said)
    else:
        ended, words = look_back(life, life.known["removal"], is_removal=True)
        if ended == FAILED:
            life.keep(removal=None)
            raise TemporaryError(f"The broker could not remove the {life.thing.noun}. {words}")
    life.keep(state="absent", removal=None, operation=None)


def look_back(life: Life, operation: Json, *, is_removal: bool = False) -> tuple[str, str]:
    """How an operation of the broker ended, and what it says of it.

    Raises:
        Pending: it has not, or nobody knows: any other answer means to go on asking.
    """
    query = {**life.ids(), "operation": operation["operation"]}
    try:
        said = life.send(
            "GET", {name: text for name, text in query.items() if text}, below="/last_operation"
        )
    except OutboundError as error:
        return _out_of_time(life, operation, f"The broker does not say how far it is: {error}", 5)
    if is_removal and said.status == 410:
        return SUCCEEDED, ""
    state = said.body.get("state") if said.status == 200 else None
    if state in (SUCCEEDED, FAILED):
        return state, _with_state(said)
    text = said.words or "The broker is at work on it."
    if state != "in progress":
        text = f"The broker does not say how far it is (status {said.status})."
    return _out_of_time(life, operation, text, said.retry_after_s)


def begun(life: Life, said: Said) -> dict[str, Any]:
    """An operation that the broker has taken: its name there, and since when."""
    name = said.body.get("operation")
    return {
        "operation": name if isinstance(name, str) else "",
        "since": now_text(),
    }


def now_text() -> str:
    return db_now().isoformat(timespec="seconds")


def waiting(operation: Json, text: str, retry_after_s: float = 5.0) -> Pending:
    return Pending(text, progress=operation, retry_after_s=retry_after_s)


def _created(life: Life, said: Said, *, was_sent: bool) -> Json:
    """What follows from the answer to a creation: the table of OSB 2.17, orphans included."""
    if said.status in (200, 201) and said.is_object and life.thing.is_whole(said.body):
        return _there(life, said.body)
    if said.status == 202 and said.is_object:
        life.keep(state="working", operation=begun(life, said), **_kept(said.body))
        raise waiting(life.known["operation"], "The broker is at work on it.", said.retry_after_s)
    if said.status == 200:
        raise _not_done(said)
    if said.status < 300:
        _lose(life, str(_not_done(said)), again=False)
    error = refusal(said)
    if said.status >= 500:
        _lose(life, str(error), again=True)
    if not was_sent and said.error != "ConcurrencyError":
        life.keep(state="absent")
    raise error


def _await_creation(life: Life) -> Json:
    ended, words = look_back(life, life.known["operation"])
    if ended == FAILED:
        _lose(life, f"The broker could not make the {life.thing.noun}. {words}", again=False)
    return _there(life, {})


def _there(life: Life, body: Json) -> Json:
    life.keep(state="there", operation=None, **_kept(body))
    return body


def _lose(life: Life, reason: str, *, again: bool) -> NoReturn:
    """What may have been made is removed before anything else happens (orphan mitigation)."""
    reason = reason.strip()
    life.keep(state="orphan", reason=reason, again=again, operation=None)
    life.step.log("warning", "osb", f"{reason} What may be there of it is removed.")
    _remove_orphan(life)


def _remove_orphan(life: Life) -> NoReturn:
    reason = life.known["reason"]
    try:
        remove(life)
    except (Pending, StaleFence):
        raise
    except DriverError as error:
        raise TemporaryError(f"{reason} What may be there could not be removed: {error}") from error
    raise TemporaryError(reason) if life.known["again"] else PermanentError(reason)


def _out_of_time(life: Life, operation: Json, text: str, retry_after_s: float) -> tuple[str, str]:
    limit_s = life.known.get("max_polling_s")
    since = dt.datetime.fromisoformat(operation["since"])
    if limit_s is not None and db_now() - since > dt.timedelta(seconds=limit_s):
        return FAILED, f"It took longer than the {limit_s} s that its plan allows."
    raise waiting(operation, text, retry_after_s)


def _not_done(said: Said) -> DriverError:
    if said.status >= 300:
        return refusal(said)
    text = f"The broker {said.place} answers with status {said.status}, but not as a broker has to."
    return TemporaryError(text, retry_after_s=5)


def _with_state(said: Said) -> str:
    """Its words, and what a failed change leaves behind."""
    notes = {
        "instance_usable": "The instance cannot be used as it is now.",
        "update_repeatable": "The same change cannot be tried again.",
    }
    more = [text for name, text in notes.items() if said.body.get(name) is False]
    return " ".join(filter(None, [said.words, *more]))


def _kept(body: Json) -> dict[str, Any]:
    url = body.get("dashboard_url")
    return {"dashboard_url": url} if isinstance(url, str) else {}
