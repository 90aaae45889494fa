"""Action `area-grant`: one identity may read or write an area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.drivers.protocol import (
    Change,
    EffectRecord,
    Observed,
    PermanentError,
    PlannedEffect,
    Step,
    TemporaryError,
)
from provisioning.drivers.s3 import rules
from provisioning.drivers.s3.records import AREAS, GRANTS, Records, has_bucket
from provisioning.drivers.s3.session import Storage

UNDONE = "The identity has no access any more, from its next request on."


@dataclass(frozen=True)
class Grant:
    storage: Storage
    s3: Any
    step: Step

    @property
    def bucket(self) -> str:
        return str(self.step.spec["bucket"])

    @property
    def name(self) -> str:
        return f"{self.step.spec['principal']} on s3://{self.bucket}/{self._prefix}"

    @property
    def records(self) -> Records:
        return Records(self.storage, self.s3)

    def plan(self) -> list[PlannedEffect]:
        record = self._record()
        is_named, is_as_given = self._granted(record)
        same = record == self._wanted() and is_as_given
        change = Change.KEEP if same else Change.UPDATE
        if record is None or not is_named:
            change = Change.CREATE
        return [PlannedEffect("area-grant", self.name, change, UNDONE)]

    def observe(self) -> Observed:
        is_named, _ = self._granted(None)
        if not is_named:
            return Observed(False, summary="Nothing is granted.")
        return self._found(self.records.fence_of(self.step.instance_id), Change.KEEP)

    def ensure(self, fence: int) -> Observed:
        self.records.raise_fence(self.step.instance_id, fence)
        self._require_area()
        before = self._record()
        if before != self._wanted():
            self._keep(self._wanted())
        try:
            rules.apply(self.records, self.bucket)
        except PermanentError:
            self._keep(before)  # others' rights must not hang on one that is refused
            raise
        self.records.require_fence(self.step.instance_id, fence)
        _, is_as_given = self._granted(self._wanted())
        if not is_as_given:
            raise TemporaryError("The policy does not show what was just granted.")
        change = Change.CREATE if before is None else Change.UPDATE
        if before == self._wanted():
            change = Change.KEEP
        self.step.log("info", "s3", f"{self.step.spec['access']} granted to {self.name}.")
        return self._found(fence, change)

    def ensure_absent(self, fence: int) -> Observed:
        self.records.raise_fence(self.step.instance_id, fence)
        self._keep(None)
        if has_bucket(self.s3, self.bucket):
            rules.apply(self.records, self.bucket)
        observed = self.observe()
        if observed.exists:
            raise TemporaryError("The policy still shows what was revoked.")
        self.step.log("info", "s3", f"Access revoked: {self.name}.")
        return observed

    @property
    def _prefix(self) -> str:
        return str(self.step.spec.get("prefix") or "")

    def _wanted(self) -> dict[str, Any]:
        spec = self.step.spec
        return {"prefix": self._prefix, "principal": spec["principal"], "access": spec["access"]}

    def _granted(self, grant: Mapping[str, Any] | None) -> tuple[bool, bool]:
        return rules.granted(self.s3, self.bucket, self.step.instance_id, grant)

    def _record(self) -> Mapping[str, Any] | None:
        return self.records.get(GRANTS, self.bucket, self.step.instance_id)

    def _keep(self, record: Mapping[str, Any] | None) -> None:
        if record is None:
            self.records.drop(GRANTS, self.bucket, self.step.instance_id)
        else:
            self.records.put(GRANTS, self.bucket, self.step.instance_id, record)

    def _require_area(self) -> None:
        """Raises: PermanentError: the portal made no such area."""
        prefixes = {area["prefix"] for area in self.records.all(AREAS, self.bucket).values()}
        if self._prefix not in prefixes:
            raise PermanentError(f"The portal has no area s3://{self.bucket}/{self._prefix}.")

    def _found(self, fence: int, change: Change) -> Observed:
        return Observed(
            True,
            fence=fence,
            summary=f"{self.step.spec['access']} for {self.name}",
            effects=(EffectRecord("area-grant", self.name, {"change": change}),),
            attributes={"bucket": self.bucket, "prefix": self._prefix},
        )
