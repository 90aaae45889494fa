"""The word and the tone of every state that pages show.

Pure data: rooms keep their own states and transitions; this table only says how a value reads.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class StateLook:
    """A state in the user's words, and its tone: classes of the pill."""

    label: str
    tone: str = ""


LOOKS: dict[str, dict[str, StateLook]] = {
    "product": {
        "proposed": StateLook("Proposed", "open"),
        "draft": StateLook("Draft", "open"),
        "active": StateLook("Active", "ok"),
        "deprecated": StateLook("Deprecated", "warn"),
        "retired": StateLook("Retired"),
    },
    "system": {
        "active": StateLook("Active", "ok"),
        "deprecated": StateLook("Deprecated", "warn"),
        "retired": StateLook("Retired"),
    },
    "announcement": {
        "news": StateLook("News", "info"),
        "maintenance": StateLook("Maintenance", "warn"),
        "incident": StateLook("Incident", "bad"),
    },
    "demand": {
        "open": StateLook("Open", "open"),
        "taken": StateLook("Taken up", "info"),
        "answered": StateLook("Answered", "ok"),
        "declined": StateLook("Declined"),
    },
    "mail": {
        "waiting": StateLook("Waits", "info"),
        "sent": StateLook("Sent", "ok"),
        "failed": StateLook("Given up", "bad"),
    },
    "webhook": {
        "ok": StateLook("Takes events", "ok"),
        "bad": StateLook("Last try failed", "bad"),
        "off": StateLook("Disabled", "warn"),
    },
    "delivery": {
        "waiting": StateLook("Waits", "info"),
        "delivered": StateLook("Delivered", "ok"),
        "failed": StateLook("Given up", "bad"),
    },
    "target": {
        "ok": StateLook("Answers", "ok"),
        "bad": StateLook("Does not answer", "bad"),
        "unknown": StateLook("Not checked", "open"),
    },
    "request": {
        "waiting": StateLook("Waits for a decision", "info"),
        "running": StateLook("Being made", "info"),
        "succeeded": StateLook("Done", "ok"),
        "failed": StateLook("Needs attention", "bad"),
        "rejected": StateLook("Rejected", "bad"),
        "cancelled": StateLook("Cancelled"),
    },
    "grant": {
        "pending": StateLook("Being set up", "info"),
        "active": StateLook("Active", "ok"),
        "expired": StateLook("Expired"),
        "revoked": StateLook("Revoked"),
    },
    "login": {
        "asked": StateLook("Being made", "info"),
        "ready": StateLook("Not fetched yet", "open"),
        "shown": StateLook("In use", "ok"),
        "lost": StateLook("Never fetched", "warn"),
        "ended": StateLook("Ended"),
    },
    "consent": {
        "open": StateLook("Not answered", "open"),
        "accepted": StateLook("Accepts", "ok"),
        "time": StateLook("Needs time", "warn"),
        "blocked": StateLook("Blocks", "bad"),
        "overruled": StateLook("Overruled", "warn"),
        "moot": StateLook("Not asked any more"),
    },
    "review": {
        "open": StateLook("Open", "open"),
        "kept": StateLook("Kept", "ok"),
        "revoked": StateLook("Ended", "bad"),
        "gone": StateLook("Ended before"),
        "dropped": StateLook("Not asked any more"),
    },
    "operation": {
        "queued": StateLook("Queued", "open"),
        "running": StateLook("Running", "info"),
        "retry_wait": StateLook("Tries again soon", "warn"),
        "compensating": StateLook("Being undone", "warn"),
        "succeeded": StateLook("Done", "ok"),
        "failed": StateLook("Failed", "bad"),
        "cancelled": StateLook("Cancelled"),
    },
    "step": {
        "pending": StateLook("Waiting", "open"),
        "intent": StateLook("Running", "info"),
        "applied": StateLook("Checking", "info"),
        "verified": StateLook("Done", "ok"),
        "failed": StateLook("Failed", "bad"),
    },
    "check": {
        "pass": StateLook("Passes", "ok"),
        "warn": StateLook("Warns", "warn"),
        "fail": StateLook("Fails", "bad"),
        "error": StateLook("Could not run", "bad"),
    },
    "incident": {
        "open": StateLook("Open", "bad"),
        "acknowledged": StateLook("Acknowledged", "warn"),
        "resolved": StateLook("Resolved", "ok"),
    },
    "severity": {
        "critical": StateLook("Critical", "bad"),
        "major": StateLook("Major", "warn"),
        "minor": StateLook("Minor", "bare"),
    },
    "policy": {
        "draft": StateLook("Draft", "open"),
        "enforced": StateLook("Enforced", "ok"),
        "retired": StateLook("Retired"),
    },
    "evaluation": {
        "pass": StateLook("Kept", "ok"),
        "fail": StateLook("Not kept", "bad"),
        "undecided": StateLook("Not evaluated", "warn"),
    },
    "contract": {
        "proposed": StateLook("Proposed", "open"),
        "draft": StateLook("Draft", "open"),
        "active": StateLook("Active", "ok"),
        "deprecated": StateLook("Deprecated", "warn"),
        "retired": StateLook("Retired"),
    },
}

# ledger states of a step, as the steps list draws them
STEP_MARKS = {
    "pending": "wait",
    "intent": "run",
    "applied": "run",
    "verified": "done",
    "failed": "fail",
}


def state_look(kind: str, value: str) -> StateLook:
    """Look of one state; a state this table does not know reads as it is written, in grey."""
    known = LOOKS[kind].get(value.lower())
    return known or StateLook(value.replace("_", " ").capitalize())
