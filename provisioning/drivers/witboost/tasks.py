"""One task of an adapter: asked for, waited for, and asked for again when it was forgotten."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import orjson

from core.clock import db_now
from core.outbound import Answer, OutboundError, Refused
from provisioning.drivers.memory import remember
from provisioning.drivers.protocol import Json, Pending, PermanentError, Step, TemporaryError
from provisioning.drivers.witboost.wire import (
    RUNNING,
    Adapter,
    Status,
    is_forgotten,
    refusal,
    status_of,
    token_of,
)

MAKES: Final = "provision"  # what it may have made has to be removed, whatever it answered
LOST_AFTER: Final = 3  # looks at a token that the adapter does not know
LOOK_AGAIN_S: Final = 5.0


@dataclass
class Life:
    """One call of a verb: what is known of the thing, and who is at work on it.

    `known["state"]`: unsent, sent (outcome unknown), there, orphan (to be removed), absent.
    """

    adapter: Adapter
    step: Step
    resource: str
    fence: int
    known: Json

    @property
    def state(self) -> str:
        return str(self.known.get("state", ""))

    def keep(self, **changes: Any) -> None:
        """Write down what is known by now."""
        self.known = {**self.known, **changes}
        remember(self.resource, self.fence, self.known)


def run(life: Life, verb: str, body: Json) -> Status:
    """Have `verb` done; a task that was begun before is waited for.

    Raises:
        Pending: the adapter goes on by itself.
        DriverError: it was not done, or nobody knows.
    """
    digest = hashlib.sha256(orjson.dumps([verb, body])).hexdigest()
    running = life.known.get("running")
    if running is not None and running["digest"] == digest:
        status = _look(life, running)
        if status is not None:
            return status
        text = "The adapter has forgotten the task, as it does when it is restarted: asked again."
        life.step.log("warning", "witboost", text)
    life.keep(running=None)
    answer = _ask(life, verb, body)
    if answer.status == 202:
        since = db_now().isoformat(timespec="seconds")
        task = {"digest": digest, "token": token_of(answer), "since": since, "lost": 0, "logged": 0}
        life.keep(running=task)
        raise _waiting(task, "The adapter is at work on it.")
    if answer.status != 200:
        raise refusal(answer)
    status = status_of(answer)
    if status.status == RUNNING:
        raise TemporaryError("The adapter is at work on it, but does not say by what name.")
    _tell(life, status, 0)
    return status


def _ask(life: Life, verb: str, body: Json) -> Answer:
    try:
        return life.adapter.post(verb, body)
    except OutboundError as error:
        if isinstance(error, Refused) and verb != MAKES:
            raise PermanentError(str(error)) from error
        raise TemporaryError(f"Nobody knows whether the adapter did it: {error}") from error


def _look(life: Life, task: Json) -> Status | None:
    """How the task ended; None when the adapter does not know it any more."""
    try:
        answer = life.adapter.status(task["token"])
    except OutboundError as error:
        raise _waiting(task, f"The adapter does not say how far it is: {error}") from error
    if is_forgotten(answer):
        lost = task["lost"] + 1
        if lost >= LOST_AFTER:
            return None
        life.keep(running={**task, "lost": lost})
        raise _waiting(task, "The adapter does not know the task (yet).")
    if answer.status != 200:
        raise _waiting(task, f"The adapter does not say how far it is (status {answer.status}).")
    try:
        status = status_of(answer)
    except TemporaryError as error:
        raise _waiting(task, str(error)) from error
    _tell(life, status, task["logged"])
    if status.status == RUNNING:
        life.keep(running={**task, "lost": 0, "logged": len(status.logs)})
        raise _waiting(task, status.text or "The adapter is at work on it.")
    life.keep(running=None)
    return status


def _tell(life: Life, status: Status, told: int) -> None:
    for level, text in status.logs[told:]:
        life.step.log(level, "witboost", text)


def _waiting(task: Json, text: str) -> Pending:
    progress = {"token": task["token"], "since": task["since"]}
    return Pending(text, progress=progress, retry_after_s=LOOK_AGAIN_S)
