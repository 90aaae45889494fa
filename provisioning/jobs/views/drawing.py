"""From ledger rows to what the parts of the page take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from core.rendering import duration
from provisioning.jobs.models import Operation, OperationLog, OperationStep
from provisioning.jobs.selectors import OperationView
from provisioning.jobs.states import (
    MAX_ATTEMPTS,
    TERMINAL,
    OperationKind,
    OperationState,
    StepState,
)

LEVELS = {"info": "", "warning": "warn", "error": "bad"}
RETRYABLE = frozenset({OperationState.RETRY_WAIT, OperationState.FAILED, OperationState.CANCELLED})
BEGUN = frozenset({StepState.INTENT, StepState.APPLIED})
NOTHING_LOST = "Nothing is lost: what is done stays done."


def facts_of(view: OperationView) -> list[dict[str, Any]]:
    """The strip below the title."""
    operation, total = view.operation, len(view.forward)
    return [
        {"label": "State", "value": f"{view.done} of {total} steps", "hint": "done"},
        {
            "label": "Took" if operation.finished_at else "Running for",
            "value": span_text(view.running_for),
            "hint": "" if operation.started_at else "waits for a worker",
        },
        _time_fact(view),
        {"label": "Effects so far", "value": view.effects, "hint": "recorded"},
    ]


def _time_fact(view: OperationView) -> dict[str, Any]:
    if view.operation.finished_at:
        return {"label": "Ended", "value": clock(view.operation.finished_at), "hint": "UTC"}
    if view.next_try_at and view.waits_for_target:
        hint = "at the target"
        return {"label": "Next look", "value": clock(view.next_try_at), "hint": hint}
    if view.next_try_at:
        undoes = view.operation.state == OperationState.COMPENSATING  # as often as it takes
        most = "" if undoes else f" of {MAX_ATTEMPTS}"
        hint = f"by itself, {view.operation.attempt + 1}{most}"
        return {"label": "Next try", "value": clock(view.next_try_at), "hint": hint}
    return {"label": "Must end by", "value": clock(view.operation.deadline_at), "hint": "UTC"}


def steps_of(view: OperationView, *, may_retry: bool) -> list[dict[str, Any]]:
    """The steps forwards, then those backwards, in the order of doing."""
    backward = [step for step in view.steps if step not in view.forward]
    drawn = [_step(view, step, may_retry) for step in view.forward]
    return drawn + [_step(view, step, False) for step in reversed(backward)]


def _step(view: OperationView, step: OperationStep, may_retry: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": step.name,
        "state": step.state,
        "time_text": clock(step.started_at) if step.started_at else "",
        "duration": _took(view, step),
        "note": _note(view, step),
    }
    return found | _trouble(view, step, may_retry)


def _note(view: OperationView, step: OperationStep) -> str:
    if step == view.pending:
        return f"Waiting for the target since {clock(step.pending_since)}: {step.summary}"
    return step.summary if step.state == StepState.VERIFIED else ""


def _took(view: OperationView, step: OperationStep) -> str:
    if step.started_at is None:
        return ""
    ended = step.finished_at or (view.operation.finished_at or view.now)
    return span_text(ended - step.started_at)


def _trouble(view: OperationView, step: OperationStep, may_retry: bool) -> dict[str, Any]:
    """What went wrong at the step at which the operation stands."""
    operation = view.operation
    if step.n != operation.step or step.direction != "forward" or not operation.error_text:
        return {}
    waits = operation.state == OperationState.RETRY_WAIT
    stuck = step.state == StepState.FAILED or (step.state in BEGUN and _stands(operation))
    if not (waits or stuck):
        return {}
    retry = reverse("jobs:retry", args=[operation.pk])
    return {
        "state": StepState.FAILED,
        "error": operation.error_text,
        "error_hint": _consequence(view),
        "retry_url": retry if may_retry and _is_retryable(operation) else "",
    }


def _stands(operation: Operation) -> bool:
    return operation.state in TERMINAL | {OperationState.COMPENSATING}


def _is_retryable(operation: Operation) -> bool:
    return operation.state in RETRYABLE and operation.kind != OperationKind.CHECK


def _consequence(view: OperationView) -> str:
    if view.operation.state == OperationState.RETRY_WAIT:
        when = f" at {clock(view.next_try_at)}" if view.next_try_at else ""
        return f"{NOTHING_LOST} It is tried again by itself{when}."
    if view.operation.state == OperationState.COMPENSATING:
        return "What was done is being undone."
    if view.operation.error_code == "abandoned":
        return "What could not be undone is listed on this page."
    undone = len(view.steps) > len(view.forward)
    return "All that was done is undone again." if undone else "Nothing else was changed."


def lines_of(lines: Iterable[OperationLog]) -> list[dict[str, str]]:
    """Log lines for `parts/_log_lines.html`."""
    return [
        {
            "time": clock(line.at),
            "source": line.source,
            "text": line.text,
            "level": LEVELS.get(line.level, ""),
        }
        for line in lines
    ]


def links_of(operation: Operation) -> list[dict[str, str]]:
    """Where the result can be seen: `result["product"]` and `result["links"]`."""
    links = [dict(link) for link in operation.result.get("links", [])]
    fqn = operation.result.get("product")
    if fqn and operation.state == OperationState.SUCCEEDED:
        links.insert(0, {"label": f"Open {fqn}", "url": reverse("products:product", args=[fqn])})
    return links


def span_text(span: dt.timedelta | None) -> str:
    """A duration; what is shorter than a second has taken time, too."""
    if span is not None and span < dt.timedelta(seconds=1):
        return "< 1 s"
    return duration(span)


def clock(moment: dt.datetime | None) -> str:
    """The time of day in UTC, to the second."""
    return f"{moment.astimezone(dt.UTC):%H:%M:%S}" if moment else "–"
