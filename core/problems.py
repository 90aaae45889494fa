"""What is wrong with a document: one record, the same in every interface."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

MAX_PROBLEMS = 100  # of one severity and document; the rest says little more
_LONGEST_SHOWN = 80  # characters

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """One finding: where (`pointer`, `line`), which rule (`code`), and the mend (`message`)."""

    pointer: str  # RFC 6901; "" is the whole document
    code: str  # stable slug, e.g. "duplicate-key"
    message: str
    severity: Severity = "error"
    line: int | None = None  # 1-based, in the text that was handed in
    policy: str = ""  # name of the policy that says so, and where it stands
    url: str = ""

    def as_dict(self) -> dict[str, object]:
        """The public form (INTERFACE §4); `line` and `policy` only when they are known."""
        found: dict[str, object] = {
            "pointer": self.pointer,
            "code": self.code,
            "message": self.message,
            "severity": self.severity,
        }
        if self.line is not None:
            found["line"] = self.line
        if self.policy:
            found |= {"policy": self.policy, "url": self.url}
        return found


def escape_token(token: str | int) -> str:
    """One reference token of a JSON pointer (RFC 6901 §3)."""
    return str(token).replace("~", "~0").replace("/", "~1")


def shown(value: object) -> str:
    """A value of a document as it may stand in a message: on one line and not too long."""
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def to_pointer(tokens: Iterable[str | int]) -> str:
    """JSON pointer of a path; the empty path is the whole document."""
    return "".join(f"/{escape_token(token)}" for token in tokens)


def bounded(problems: Iterable[Problem]) -> list[Problem]:
    """The first `MAX_PROBLEMS` errors, and as many warnings; no warning hides an error."""
    errors: list[Problem] = []
    warnings: list[Problem] = []
    for problem in problems:
        kept = errors if problem.severity == "error" else warnings
        if len(kept) < MAX_PROBLEMS:
            kept.append(problem)
        elif kept is errors:
            break
    return errors + warnings


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether a finding refuses the document; warnings never do."""
    return any(problem.severity == "error" for problem in problems)
