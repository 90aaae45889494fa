"""What a rule of decision says where its condition holds: approve, or who has to agree.

    {"approve": true}
    {"stages": [[{"side": "owner"}, {"side": "steward", "quorum": 2}], [{"side": "team:legal"}]],
     "hours": 24, "escalate": "steward"}

Either may say `max_days`: access for longer is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.problems import Problem

DAY_H = 24
MAX_STAGES = 5
MAX_SIDES = 5  # of one stage
MAX_QUORUM = 9
MAX_HOURS = 30 * DAY_H
MAX_DAYS = 366  # of access
NAMED = ("owner", "domain", "steward", "platform")  # beside `team:<slug>`
WORDS = {  # one of them, several of them
    "owner": ("an owner of the product", "owners of the product"),
    "domain": ("an owner of the domain", "owners of the domain"),
    "steward": ("a steward", "stewards"),
    "platform": ("a platform engineer", "platform engineers"),
}
TYPED = re.compile(r"([a-z][a-z0-9:-]*)(?: ?[x*] ?(\d{1,4}))?")
KEYS = frozenset({"approve", "stages", "hours", "escalate", "max_days"})


@dataclass(frozen=True)
class WantedSide:
    """`owner`: of the product; `domain`: of its domain; a role; or `team:<slug>`."""

    side: str
    quorum: int = 1

    def as_dict(self) -> dict[str, Any]:
        return {"side": self.side, **({"quorum": self.quorum} if self.quorum != 1 else {})}


@dataclass(frozen=True)
class Outcome:
    """Without stages it approves."""

    stages: tuple[tuple[WantedSide, ...], ...] = ()
    hours: int = DAY_H
    escalate: str = "steward"  # "" : to nobody
    max_days: int | None = None

    @property
    def approves(self) -> bool:
        return not self.stages

    def as_dict(self) -> dict[str, Any]:
        """As it is kept; `read_outcome` gives the same again."""
        longest = {} if self.max_days is None else {"max_days": self.max_days}
        if self.approves:
            return {"approve": True, **longest}
        stages = [[side.as_dict() for side in stage] for stage in self.stages]
        return {"stages": stages, "hours": self.hours, "escalate": self.escalate, **longest}


def read_outcome(given: Any) -> tuple[Outcome, list[Problem]]:
    """The outcome in a document, and what is wrong with it, by pointers below `/outcome`."""
    problems = list(_problems(given))
    if problems:
        return Outcome(), problems
    stages = tuple(
        tuple(WantedSide(side["side"], side.get("quorum", 1)) for side in stage)
        for stage in given.get("stages", ())
    )
    return (
        Outcome(
            stages,
            given.get("hours", DAY_H),
            given.get("escalate", "steward"),
            given.get("max_days"),
        ),
        [],
    )


def _problems(given: Any) -> Iterator[Problem]:
    if not isinstance(given, Mapping):
        yield Problem("/outcome", "wrong-type", "Send an object with `approve` or `stages`.")
        return
    for name in sorted(set(given) - KEYS):
        yield Problem(f"/outcome/{name}", "unknown-key", f"There is no “{name}” here.")
    if given.get("approve") is True and given.get("stages"):
        yield Problem("/outcome", "both", "It approves, or somebody has to agree; not both.")
    elif given.get("approve") is not True:
        yield from _stage_problems(given.get("stages"))
    yield from _number_problems(given, "hours", MAX_HOURS)
    yield from _number_problems(given, "max_days", MAX_DAYS)
    escalate = given.get("escalate", "steward")
    if escalate != "" and not _is_side(escalate):
        yield Problem("/outcome/escalate", "unknown-side", _sides_text())


def _stage_problems(stages: Any) -> Iterator[Problem]:
    if not isinstance(stages, list) or not 1 <= len(stages) <= MAX_STAGES:
        text = f"Say who has to agree: 1 to {MAX_STAGES} stages."
        yield Problem("/outcome/stages", "stages-missing", text)
        return
    for at, stage in enumerate(stages):
        pointer = f"/outcome/stages/{at}"
        if not isinstance(stage, list) or not 1 <= len(stage) <= MAX_SIDES:
            yield Problem(pointer, "sides-missing", f"A stage has 1 to {MAX_SIDES} sides.")
            continue
        named = [side.get("side") if isinstance(side, Mapping) else None for side in stage]
        for number, side in enumerate(stage):
            yield from _side_problems(side, f"{pointer}/{number}")
        if len({str(name) for name in named}) < len(named):
            yield Problem(pointer, "side-twice", "A side stands once in a stage.")


def _side_problems(side: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(side, Mapping) or not _is_side(side.get("side")):
        yield Problem(f"{pointer}/side", "unknown-side", _sides_text())
        return
    for name in sorted(set(side) - {"side", "quorum"}):
        yield Problem(f"{pointer}/{name}", "unknown-key", f"There is no “{name}” here.")
    quorum = side.get("quorum", 1)
    if not _is_number(quorum, MAX_QUORUM):
        text = f"A whole number from 1 to {MAX_QUORUM}."
        yield Problem(f"{pointer}/quorum", "out-of-range", text)


def _number_problems(given: Mapping[str, Any], name: str, most: int) -> Iterator[Problem]:
    if name in given and not _is_number(given[name], most):
        text = f"A whole number from 1 to {most:,}."
        yield Problem(f"/outcome/{name}", "out-of-range", text)


def _is_number(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _is_side(name: Any) -> bool:
    return isinstance(name, str) and (name in NAMED or (len(name) > 5 and name.startswith("team:")))


def _sides_text() -> str:
    return f"One of {', '.join(NAMED)}, or team:<slug>."


def stages_from_text(text: str) -> list[list[dict[str, Any]]]:
    """Stages as people type them: a line for each, `owner x2 + steward` on it."""
    return [
        [_typed(side.strip()) for side in line.split("+")]
        for line in text.splitlines()
        if line.strip()
    ]


def stages_as_text(outcome: Outcome) -> str:
    """The same, to be typed on."""
    return "\n".join(
        " + ".join(
            side.side if side.quorum == 1 else f"{side.side} x{side.quorum}" for side in stage
        )
        for stage in outcome.stages
    )


def outcome_in_words(outcome: Outcome) -> str:
    """One line for a list, e.g. “the owner and the stewards, then team legal”."""
    longest = f", for at most {outcome.max_days} days" if outcome.max_days else ""
    if outcome.approves:
        return f"Approved at once{longest}"
    stages = [" and ".join(_side_words(side) for side in stage) for stage in outcome.stages]
    words = ", then ".join(stages)
    return f"{words[:1].upper()}{words[1:]}{longest}"


def _typed(side: str) -> dict[str, Any]:
    found = TYPED.fullmatch(side)
    if found is None:
        return {"side": side}
    return {"side": found[1], **({"quorum": int(found[2])} if found[2] else {})}


def _side_words(side: WantedSide) -> str:
    if side.side in WORDS:
        one, several = WORDS[side.side]
        return one if side.quorum == 1 else f"{side.quorum} {several}"
    team = side.side.replace("team:", "team ")
    return team if side.quorum == 1 else f"{side.quorum} owners of {team}"
