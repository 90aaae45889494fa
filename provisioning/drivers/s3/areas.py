"""Action `area`: a bucket for an instance, or a folder in the one bucket that is given."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from provisioning.drivers.protocol import (
    Change,
    EffectRecord,
    Observed,
    Pending,
    PermanentError,
    PlannedEffect,
    Step,
    TemporaryError,
)
from provisioning.drivers.s3 import rules
from provisioning.drivers.s3.records import AREAS, GRANTS, Records, has_bucket, make_bucket
from provisioning.drivers.s3.session import Storage, in_driver_words, is_unknown
from provisioning.drivers.s3.specs import area_name

TAG: Final = "meshport-instance"
FENCE_TAG: Final = "meshport-fence"
AT_A_TIME = 500  # objects of one request
BUDGET_S = 20.0  # of one call; then it goes on later
UNDONE = "The area goes once it is empty; with `with_data` its objects go too."
CLOSED: Final = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


@dataclass(frozen=True)
class Area:
    storage: Storage
    s3: Any
    step: Step

    @property
    def bucket(self) -> str:
        own = f"{self.storage.prefix}-{area_name(self.step)}"
        return self.storage.bucket or own[:63].rstrip("-")

    @property
    def prefix(self) -> str:
        return f"{area_name(self.step)}/" if self.storage.bucket else ""

    @property
    def where(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def records(self) -> Records:
        return Records(self.storage, self.s3)

    def plan(self) -> list[PlannedEffect]:
        record = self._record()
        if record is None or not self._is_there():
            change = Change.CREATE
        else:
            same = {**record, **self._wanted()} == record
            change = Change.KEEP if same else Change.UPDATE
        return [PlannedEffect("area", self.where, change, UNDONE)]

    def observe(self) -> Observed:
        record = self._record()
        if record is None or not self._is_there():
            return Observed(False, summary=f"There is no area {self.where} of ours.")
        return self._found(record, Change.KEEP)

    def ensure(self, fence: int) -> Observed:
        self.records.raise_fence(self.step.instance_id, fence)
        # In this order: another worker of the instance first writes its record.
        there = has_bucket(self.s3, self.bucket)
        record = self._record()
        self._require_place(record, there)
        wanted = {**self._wanted(), "fence": fence}
        if record != wanted:
            self.records.put(AREAS, self.bucket, self.step.instance_id, wanted)
        if not there:
            make_bucket(self.s3, self.storage, self.bucket)
        if not self.storage.bucket:
            self._close_and_label(fence)
        self._set_versioning()
        rules.apply(self.records, self.bucket)
        self.records.require_fence(self.step.instance_id, fence)
        if not self._is_there():
            raise TemporaryError(f"The storage does not show {self.where}.")
        change = Change.CREATE if record is None or not there else self._change(record)
        self.step.log("info", "s3", f"Area {self.where}: {change}.")
        return self._found(wanted, change)

    def ensure_absent(self, fence: int) -> Observed:
        self.records.raise_fence(self.step.instance_id, fence)
        if self._record() is not None:
            if self._is_there():
                self._empty(fence)
                if not self.storage.bucket:
                    self._drop_bucket()
            self._drop_records()
        if self.storage.bucket and has_bucket(self.s3, self.bucket):
            rules.apply(self.records, self.bucket)
        observed = self.observe()
        if observed.exists:
            raise TemporaryError(f"{self.where} is still there.")
        self.step.log("info", "s3", f"Area {self.where} removed.")
        return observed

    def _wanted(self) -> dict[str, Any]:
        spec = self.step.spec
        return {
            "prefix": self.prefix,
            "roles": dict(spec.get("roles") or {}),
            "expire_days": spec.get("expire_days"),
            "versioning": bool(spec.get("versioning")),
        }

    def _record(self) -> Mapping[str, Any] | None:
        return self.records.get(AREAS, self.bucket, self.step.instance_id)

    def _is_there(self) -> bool:
        """The bucket, with our label where it is ours alone."""
        if not has_bucket(self.s3, self.bucket):
            return False
        return bool(self.storage.bucket) or self._tags().get(TAG) == str(self.step.instance_id)

    def _change(self, record: Mapping[str, Any]) -> Change:
        same = {**record, **self._wanted()} == record
        return Change.KEEP if same else Change.UPDATE

    def _require_place(self, record: Mapping[str, Any] | None, there: bool) -> None:
        if self.storage.bucket:
            if not there:
                raise PermanentError(f"There is no bucket {self.bucket}.")
        elif there and record is None and self._tags().get(TAG) != str(self.step.instance_id):
            raise PermanentError(f"A bucket {self.bucket} that is not ours is in the way.")

    def _close_and_label(self, fence: int) -> None:
        tags = self._tags()
        wanted = {**tags, TAG: str(self.step.instance_id), FENCE_TAG: str(fence)}
        with in_driver_words():
            if tags != wanted:
                pairs = [{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
                self.s3.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": pairs})
        try:
            with in_driver_words():
                self.s3.put_public_access_block(
                    Bucket=self.bucket, PublicAccessBlockConfiguration=CLOSED
                )
        except PermanentError as error:
            if not is_unknown(error):
                raise
            self.step.log("info", "s3", "The storage has no block of public access to set.")

    def _tags(self) -> dict[str, str]:
        try:
            with in_driver_words():
                found = self.s3.get_bucket_tagging(Bucket=self.bucket)
        except KeyError:
            return {}
        return {each["Key"]: each["Value"] for each in found.get("TagSet", ())}

    def _set_versioning(self) -> None:
        if not self.step.spec.get("versioning"):
            return
        with in_driver_words():
            on = self.s3.get_bucket_versioning(Bucket=self.bucket).get("Status") == "Enabled"
            if on:
                return
            if self.storage.bucket:
                raise PermanentError(f"The bucket {self.bucket} keeps no versions.")
            self.s3.put_bucket_versioning(
                Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"}
            )

    def _empty(self, fence: int) -> None:
        """Remove the objects, if they may go; for as long as a call may take.

        Raises:
            PermanentError: there are some and they may not go.
            Pending: there are more.
        """
        ends_at = time.monotonic() + BUDGET_S
        removed = int(self.step.progress.get("removed", 0))
        while page := self._page():
            if not self.step.spec.get("with_data"):
                raise PermanentError(
                    f"{self.where} holds objects. Move them away, or ask for removal with data."
                )
            self.records.require_fence(self.step.instance_id, fence)
            with in_driver_words():
                answer = self.s3.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": page, "Quiet": True}
                )
            if answer.get("Errors"):
                code = str(answer["Errors"][0].get("Code", ""))[:40]
                raise PermanentError(f"The storage does not remove all objects ({code}).")
            removed += len(page)
            if time.monotonic() > ends_at:
                raise Pending(
                    f"{removed:,} objects removed", progress={"removed": removed}, retry_after_s=1
                )

    def _page(self) -> list[dict[str, str]]:
        """Some objects and versions of the area."""
        with in_driver_words():
            found = self.s3.list_object_versions(
                Bucket=self.bucket, Prefix=self.prefix, MaxKeys=AT_A_TIME
            )
        if "IsTruncated" not in found:
            raise TemporaryError("The storage does not speak S3.", retry_after_s=5)
        return [
            {"Key": each["Key"], "VersionId": each.get("VersionId") or "null"}
            for part in ("Versions", "DeleteMarkers")
            for each in found.get(part, ())
        ]

    def _drop_records(self) -> None:
        """That of the area comes last: until then a worker knows what is left to do."""
        for grant_id, grant in self.records.all(GRANTS, self.bucket).items():
            if grant["prefix"] == self.prefix:
                self.records.drop(GRANTS, self.bucket, grant_id)
        self.records.drop(AREAS, self.bucket, self.step.instance_id)

    def _drop_bucket(self) -> None:
        try:
            with in_driver_words():
                self.s3.delete_bucket(Bucket=self.bucket)
        except KeyError:
            return

    def _found(self, record: Mapping[str, Any], change: Change) -> Observed:
        facts = {"bucket": self.bucket, "prefix": self.prefix, "endpoint": self.storage.endpoint}
        return Observed(
            True,
            fence=int(record["fence"]),
            summary=f"Area {self.where}",
            effects=(EffectRecord("area", self.where, {"change": change}),),
            attributes={**facts, "result": {"area": self.where}},
        )
