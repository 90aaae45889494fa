"""What a driver is: five verbs that may be called again, two errors, no base class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable
from uuid import UUID

Log = Callable[[str, str, str], None]  # level (debug, info, warning, error), source, text
Json = Mapping[str, Any]


class Fencing(StrEnum):
    """How a target refuses a worker that lost its lease."""

    NATIVE = "native"  # compared in the target's own transaction
    LABEL = "label"  # compared with a label on the object, or a row of ours, before the call
    NONE = "none"


class Dedupe(StrEnum):
    """How a target is kept from doing the same step twice."""

    KEY = "key"  # the target remembers the effect key
    OBSERVE = "observe"  # look first, then apply the difference
    NONE = "none"


class Change(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    KEEP = "keep"


@dataclass(frozen=True)
class Capabilities:
    fencing: Fencing
    dedupe: Dedupe
    exact: bool = False  # after a success `plan` keeps everything; after a removal nothing is left
    exact_actions: frozenset[str] = frozenset()  # those of which it holds where not of all

    def is_exact(self, action: str) -> bool:
        """Whether a look can tell that something was changed, not only that it is gone."""
        return self.exact or action in self.exact_actions


@dataclass(frozen=True)
class Step:
    """One action on one target for one instance."""

    action: str
    instance_id: UUID
    spec: Json
    log: Log
    progress: Json = field(default_factory=dict)  # of the last `Pending` of this very step


@dataclass(frozen=True)
class PlannedEffect:
    """What `ensure` would do to one object of the target."""

    kind: str  # schema, table, column, role, grant, login, rows
    name: str
    change: Change
    if_undone: str  # what undoing this would mean, for people


@dataclass(frozen=True)
class EffectRecord:
    """One object that is in the target; `attributes["change"]` says what this call did to it."""

    kind: str
    name: str
    attributes: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Observed:
    """What the target holds for a step. `secrets` are for the caller's eyes: seal or drop them."""

    exists: bool
    fence: int | None = None  # of the label on the object; None where there is none
    summary: str = ""
    effects: tuple[EffectRecord, ...] = ()
    attributes: Json = field(default_factory=dict)
    secrets: Json = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Labelled:
    """Something in a target that has our label, or a right to it that nobody here gave."""

    kind: str  # as in EffectRecord, or `right`
    name: str
    instance_id: UUID


@dataclass(frozen=True)
class RuleResult:
    """The outcome of one quality rule. `passed` is None when it could not be evaluated."""

    rule_id: str
    passed: bool | None
    value: float | None = None  # what the operator compared: rows, percent, seconds, the query's
    evaluated: int | None = None  # rows looked at
    failed: int | None = None  # rows that break the rule
    error: str = ""  # why it could not be evaluated
    note: str = ""  # what a reader of the result should know: a sample, an age


@dataclass(frozen=True)
class Measurement:
    results: tuple[RuleResult, ...]
    row_count: int | None
    measured_at: datetime  # by the target's clock
    passes: int = 0  # over the table, besides those of the queries of a team


@dataclass(frozen=True)
class Rows:
    """A few rows of a table, as texts; None where a value is missing."""

    columns: tuple[str, ...]
    values: tuple[tuple[str | None, ...], ...]


class Ability(StrEnum):
    """What access can be beyond opened and ended."""

    NARROW = "narrow"  # some columns, the rows that a filter keeps: `narrow` in a base
    WRITE = "write"  # it can be written, not only read: `mode` in a base
    SAMPLE = "sample"  # a few rows can be shown: `Peek`
    ROTATE = "rotate"  # a login can get a new password, or others after it: `Login.nth`
    USE = "use"  # it is seen when a login was connected: `Activity`


@dataclass(frozen=True)
class Identity:
    """What a reader is called in the target, where that has to be said by whoever asks."""

    label: str
    pattern: str
    hint: str
    example: str


@dataclass(frozen=True)
class Made:
    """Something that a step of an instance has made and that is there."""

    instance_id: UUID
    name: str  # of its effect
    spec: Json  # of the step
    facts: Json = field(default_factory=dict)  # what the step told


@dataclass(frozen=True)
class Terms:
    """For whom and until when something is opened."""

    readers: tuple[str, ...]  # as targets may know them: user:<name>, group:<team>
    until: datetime
    identity: str = ""  # see `Grants.identity`


@dataclass(frozen=True)
class Opening:
    """The action that lets a consumer in as a whole."""

    action: str
    name: str  # of the step, for people
    spec: Callable[[Json, Terms], Json]  # from a base, see `Grants.opened`


@dataclass(frozen=True)
class Login:
    """The action that gives one person credentials, as `Observed.secrets`."""

    action: str
    spec: Callable[[Json, str, datetime], Json]  # from a base, the person, and the end
    kept: Json = field(default_factory=dict)  # in the spec of one that keeps its password
    # the spec of a person's nth credentials, which stand beside those before; None: the same step
    # again puts a new password in the place of the old one
    nth: Callable[[Json, int], Json] | None = None


def _nothing(_base: Json) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Grants:
    """How a driver opens to consumers what one of its steps has made.

    `opened(made, location)` says what of a made thing a port means that lies there; None: something
    else. The answer, and every spec that was made from it, is a `base` for further steps.
    """

    action: str  # whose step makes what can be opened
    makes: str  # kind of its effect
    named_by: str  # what in a port's location says which of several it is
    opened: Callable[[Made, Json], Json | None]
    opening: Opening | None = None  # None: logins stand for themselves
    login: Login | None = None  # None: readers have an account there already
    parts: tuple[str, ...] = ()  # fields of a spec that tell one opened thing from another
    abilities: frozenset[Ability] = frozenset()
    identity: Identity | None = None
    tells: bool = True  # the target says, when asked, what is open there
    shown: Callable[[Json], Mapping[str, str]] = _nothing  # of a base, to those who connect
    technology: str = "custom"  # of a port that is there, as ODCS calls types of servers
    place: str = "the target"  # where access is
    opens: str = ""  # what is made when access is approved
    enters: str = ""  # how one gets in then
    renews: str = ""  # who renews what one gets in with, where that is not the portal
    ends: str = ""  # what becomes of it when access ends

    @property
    def actions(self) -> frozenset[str]:
        """Those of its steps."""
        return frozenset(each.action for each in (self.opening, self.login) if each is not None)

    @property
    def names_readers(self) -> bool:
        """Readers are told to the target by their names here."""
        return self.login is None and self.identity is None

    @property
    def root(self) -> str:
        """The action whose removal leaves nothing of a grant."""
        first = self.opening or self.login
        assert first is not None
        return first.action


@dataclass(frozen=True)
class Workplace:
    """How people of the owner work in what a driver's step has made, each with a login."""

    made_by: str  # the action whose step makes it
    action: str  # the one that makes one person's login there, with `Observed.secrets`
    # its spec, from that of the step that made it and the person; None: nobody works there
    spec: Callable[[Json, str], Json | None]


class DriverError(Exception):
    """The target could not do the step; the message is safe to show."""


class TemporaryError(DriverError):
    """May work later: network, lock or statement timeout, target restarting."""

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Pending(DriverError):
    """The target has taken the work and goes on by itself: no failure, ask again later.

    The runner keeps `progress` and hands it back as `Step.progress` at the next call, also under
    another fence and after a crash, until the operation's deadline. It holds no secrets.
    """

    def __init__(self, message: str, *, progress: Json, retry_after_s: float = 5.0) -> None:
        super().__init__(message)
        self.progress = progress
        self.retry_after_s = retry_after_s


class PermanentError(DriverError):
    """Will not work by trying again."""


class StaleFence(PermanentError):
    """A newer worker has been here; nothing was changed."""


class Driver(Protocol):
    """One backend. Verbs may be called twice, end within 60 s, raise Temporary/PermanentError;
    `ensure` and `ensure_absent` raise Pending when the target needs longer than that.

    `actions` maps each action to the JSON Schema 2020-12 of its spec. The runner records the
    intent before `ensure`; after a crash it calls `ensure` again with the same effect key.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    actions: ClassVar[Mapping[str, Json]]

    def plan(self, step: Step) -> list[PlannedEffect]:
        """What `ensure` would change; changes nothing."""
        ...

    def observe(self, step: Step) -> Observed:
        """What is there now; changes nothing."""
        ...

    def ensure(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Make the target be as `step.spec` says, or raise and change nothing."""
        ...

    def ensure_absent(self, step: Step, *, effect_key: str, fence: int) -> Observed:
        """Remove what `ensure` made, then look again: the answer has `exists` False."""
        ...

    def measure(self, step: Step) -> Measurement:
        """Evaluate read-only checks."""
        ...


@runtime_checkable
class Granting(Protocol):
    """A driver that lets consumers use what its steps have made."""

    grants: ClassVar[Grants]


@runtime_checkable
class Working(Protocol):
    """A driver that lets people work in what its steps have made."""

    workplace: ClassVar[Workplace]


@runtime_checkable
class Activity(Protocol):
    """A driver that can tell which of the logins it made are in use."""

    def connected(self) -> list[str]:
        """Names of our logins that are connected to the built-in target just now."""
        ...


@runtime_checkable
class Peek(Protocol):
    """A driver that can read a few rows with the rights of a grant."""

    def peek(self, grant_id: UUID, spec: Json, table: str, limit: int) -> Rows:
        """Up to `limit` rows of a table that a step `grant` with this spec has opened."""
        ...


@runtime_checkable
class Evidence(Protocol):
    """A driver that can show what a quality rule means: as a query, and by rows that break it."""

    def statement(self, step: Step, rule: Json) -> str:
        """The query that answers a rule of `step.spec["table"]`, to be run elsewhere."""
        ...

    def failing(
        self, grant_id: UUID, spec: Json, table: str, rule: Json, keys: Sequence[str], limit: int
    ) -> Rows:
        """Keys of up to `limit` rows that break it, with the rights of a grant."""
        ...


@runtime_checkable
class Inventory(Protocol):
    """A driver that can list what has our label, so that what nobody owns is found."""

    def inventory(self, target: str | None) -> list[Labelled]:
        """Everything of ours in a target (None: the built-in one), and rights to it of strangers.

        Raises:
            DriverError: the target cannot be seen.
        """
        ...
