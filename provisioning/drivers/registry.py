"""The drivers this process knows, by name."""

from __future__ import annotations

import jsonschema_rs

from provisioning.drivers.places import TargetKind
from provisioning.drivers.protocol import (
    Dedupe,
    Driver,
    Fencing,
    Granting,
    Grants,
    Json,
    PermanentError,
    Working,
    Workplace,
)

_drivers: dict[str, Driver] = {}
_kinds: dict[str, TargetKind] = {}
_validators: dict[tuple[str, str], tuple[Json, jsonschema_rs.Validator]] = {}


class UnsafeDriver(Exception):
    """Neither fenced nor deduplicated: two workers could apply one step twice."""


def register(driver: Driver, targets: TargetKind | None = None) -> None:
    """Make `driver` known under its name, and the kind of targets that teams can register for it.

    The last registration wins.

    Raises:
        UnsafeDriver: the driver has no fencing and no deduplication.
    """
    capabilities = driver.capabilities
    if capabilities.fencing == Fencing.NONE and capabilities.dedupe == Dedupe.NONE:
        raise UnsafeDriver(f"“{driver.name}” has neither fencing nor deduplication.")
    _drivers[driver.name] = driver
    if targets is not None:
        _kinds[driver.name] = targets


def announce(name: str, targets: TargetKind) -> None:
    """Show a kind of targets whose driver is not installed; it says what to install."""
    _kinds[name] = targets


def target_kinds() -> dict[str, TargetKind]:
    """`{driver name: kind}` of the drivers that act in registered targets."""
    return dict(sorted(_kinds.items()))


def get_driver(name: str) -> Driver:
    """The driver registered as `name`.

    Raises:
        PermanentError: there is none.
    """
    try:
        return _drivers[name]
    except KeyError:
        raise PermanentError(f"There is no driver “{name}” here.") from None


def granting() -> dict[str, Grants]:
    """`{driver name: how it opens to consumers what it has made}`."""
    found = sorted(_drivers.items())
    return {name: driver.grants for name, driver in found if isinstance(driver, Granting)}


def workplaces() -> dict[str, Workplace]:
    """`{driver name: how people work in what it has made}`."""
    found = sorted(_drivers.items())
    return {name: driver.workplace for name, driver in found if isinstance(driver, Working)}


def versions() -> dict[str, str]:
    """`{driver name: version}`: a worker claims only operations it has the version for."""
    return {name: driver.version for name, driver in sorted(_drivers.items())}


def offered_actions(driver: Driver) -> dict[str, Json]:
    """The actions that a blueprint may use; a driver keeps back what its `internal` names."""
    internal: frozenset[str] = getattr(driver, "internal", frozenset())
    return {name: schema for name, schema in driver.actions.items() if name not in internal}


def judge_spec(driver: Driver, action: str, spec: Json) -> None:
    """What a driver says of a spec that its schema lets pass; most have nothing to say.

    Raises:
        PermanentError: it could not do it.
    """
    judge = getattr(driver, "judge", None)
    if judge is not None:
        judge(action, spec)


def check_spec(driver: Driver, action: str, spec: Json) -> None:
    """Validate a spec before it reaches the driver.

    Raises:
        PermanentError: unknown action, or the spec does not match its JSON Schema.
    """
    if action not in driver.actions:
        raise PermanentError(f"The driver “{driver.name}” has no action “{action}”.")
    error = next(iter(_validator(driver, action).iter_errors(dict(spec))), None)
    if error is not None:
        where = "/".join(str(part) for part in error.instance_path) or "spec"
        raise PermanentError(f"The {action} step cannot be done: {where}: {error.message}"[:500])


def _validator(driver: Driver, action: str) -> jsonschema_rs.Validator:
    """Of the schema that the driver has now: another one may have been registered by its name."""
    schema = driver.actions[action]
    known = _validators.get((driver.name, action))
    if known is None or known[0] is not schema:
        known = schema, jsonschema_rs.validator_for(dict(schema))
        _validators[driver.name, action] = known
    return known[1]
