"""What the portal keeps in the storage itself: fences, and a record of each area and grant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from provisioning.drivers.protocol import PermanentError, StaleFence, TemporaryError
from provisioning.drivers.s3.session import LostRace, Storage, in_driver_words

HOME: Final = ".meshport"
AREAS, GRANTS = "areas", "grants"
TRIES = 8
MAX_RECORDS = 1000  # of one bucket; a policy has room for far fewer


@dataclass(frozen=True)
class Records:
    storage: Storage
    s3: Any

    def raise_fence(self, instance_id: UUID, fence: int) -> None:
        """Compare and set, on an object of the instance that outlives what is made.

        Raises:
            StaleFence: a newer worker has been here.
        """
        self._ensure_home()
        key = f"{HOME}/fences/{instance_id}"
        for _ in range(TRIES):
            found, etag = self._read(key)
            before = _fence(found)
            if before > fence:
                raise StaleFence("A newer run has taken over; this one changed nothing.")
            if before == fence:
                return
            condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
            try:
                self._write(key, {"fence": fence}, **condition)
            except (LostRace, KeyError):
                continue
            return
        raise TemporaryError("Others write the fence all the time.")

    def require_fence(self, instance_id: UUID, fence: int) -> None:
        """Raises: StaleFence: a newer worker has been here since."""
        if self.fence_of(instance_id) > fence:
            raise StaleFence("A newer run has taken over; this one stops.")

    def fence_of(self, instance_id: UUID) -> int:
        """The highest fence that wrote for the instance; 0 for none."""
        return _fence(self._read(f"{HOME}/fences/{instance_id}")[0])

    def get(self, kind: str, bucket: str, instance_id: UUID) -> Mapping[str, Any] | None:
        return self._record(f"{HOME}/{kind}/{bucket}/{instance_id}")

    def put(self, kind: str, bucket: str, instance_id: UUID, record: Mapping[str, Any]) -> None:
        self._write(f"{HOME}/{kind}/{bucket}/{instance_id}", record)

    def drop(self, kind: str, bucket: str, instance_id: UUID) -> None:
        """Forget a record; none is fine."""
        try:
            with in_driver_words():
                self.s3.delete_object(
                    Bucket=self.storage.records, Key=f"{HOME}/{kind}/{bucket}/{instance_id}"
                )
        except KeyError:
            return

    def all(self, kind: str, bucket: str) -> dict[UUID, Mapping[str, Any]]:
        """The records of a bucket."""
        prefix = f"{HOME}/{kind}/{bucket}/"
        found = {}
        for key in self._keys(prefix):
            record = self._record(key)
            if record is not None:
                found[UUID(key.removeprefix(prefix))] = record
        return found

    def _record(self, key: str) -> Mapping[str, Any] | None:
        found, _ = self._read(key)
        if found is not None and "prefix" not in found:
            raise TemporaryError("The storage answers with something else.")
        return found

    def _keys(self, prefix: str) -> Iterator[str]:
        try:
            with in_driver_words():
                page = self.s3.list_objects_v2(
                    Bucket=self.storage.records, Prefix=prefix, MaxKeys=MAX_RECORDS
                )
        except KeyError:
            return
        if "IsTruncated" not in page:
            raise TemporaryError("The storage does not speak S3.", retry_after_s=5)
        if page["IsTruncated"]:
            raise PermanentError(f"The bucket has more than {MAX_RECORDS} grants.")
        yield from (each["Key"] for each in page.get("Contents", ()))

    def _ensure_home(self) -> None:
        """The bucket for records, where none is given."""
        if not self.storage.bucket and not has_bucket(self.s3, self.storage.records):
            make_bucket(self.s3, self.storage, self.storage.records)

    def _read(self, key: str) -> tuple[Mapping[str, Any] | None, str]:
        """A record and its tag; None where there is none."""
        try:
            with in_driver_words():
                answer = self.s3.get_object(Bucket=self.storage.records, Key=key)
                record = orjson.loads(answer["Body"].read())
        except KeyError:
            return None, ""
        except orjson.JSONDecodeError as error:
            raise TemporaryError("The storage answers with something else.") from error
        if not isinstance(record, dict):
            raise TemporaryError("The storage answers with something else.")
        return record, str(answer.get("ETag", ""))

    def _write(self, key: str, record: Mapping[str, Any], **condition: str) -> None:
        with in_driver_words():
            self.s3.put_object(
                Bucket=self.storage.records,
                Key=key,
                Body=orjson.dumps(record, option=orjson.OPT_SORT_KEYS),
                ContentType="application/json",
                **condition,
            )


def has_bucket(s3: Any, bucket: str) -> bool:
    try:
        with in_driver_words():
            s3.head_bucket(Bucket=bucket)
    except KeyError:
        return False
    return True


def make_bucket(s3: Any, storage: Storage, bucket: str) -> None:
    """Create it; that it is ours already is fine.

    Raises:
        PermanentError: somebody else has one of the name.
    """
    place = (
        {}
        if storage.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": storage.region}}
    )
    try:
        with in_driver_words():
            s3.create_bucket(Bucket=bucket, **place)
    except PermanentError as error:
        if "BucketAlreadyOwnedByYou" not in str(error):
            raise


def _fence(record: Mapping[str, Any] | None) -> int:
    if record is None:
        return 0
    try:
        return int(record["fence"])
    except (KeyError, TypeError, ValueError) as error:
        raise TemporaryError("The storage answers with something else.") from error
