"""Snapshots as files: arrays that all processes of a machine map, renamed into place when whole."""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import shutil
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
HEAD = "head.json"
LEFT_OVER_S = 3_600  # an unfinished folder of that age belongs to nobody


class Damaged(Exception):
    """A snapshot is not as it was written."""


@dataclass(frozen=True)
class Head:
    """What a snapshot says of itself."""

    level: str
    horizon: int  # number of the first transaction that may be missing
    made_at: float  # seconds since 1970
    build_s: float


def save(folder: Path, head: Head, arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Write a snapshot and take away those that it replaces.

    Raises:
        OSError: no room, or no right to write.
    """
    name = f"{head.level}-{head.horizon:020d}-{uuid4().hex[:8]}"
    unfinished = folder / f".{name}"
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        for key, array in arrays.items():
            np.save(unfinished / f"{key}.npy", array, allow_pickle=False)
        sums = {key: _sum(unfinished / f"{key}.npy") for key in arrays}
        said = {"format": FORMAT, "head": asdict(head), "arrays": sums}
        (unfinished / HEAD).write_text(json.dumps(said))
        unfinished.rename(folder / name)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    _sweep(folder, head.level)
    return folder / name


def versions(folder: Path, level: str) -> list[Path]:
    """Finished snapshots of the level, the newest first."""
    try:
        found = [each for each in folder.iterdir() if each.name.startswith(f"{level}-")]
    except OSError:
        return []
    return sorted(found, reverse=True)


def load(path: Path) -> tuple[Head, dict[str, NDArray[Any]]]:
    """Map a snapshot into memory.

    Raises:
        Damaged: a file is missing, short or changed, or of another format.
    """
    try:
        said = json.loads((path / HEAD).read_text())
        if said["format"] != FORMAT:
            raise Damaged(f"{path.name} has format {said['format']}")
        for key, checksum in said["arrays"].items():
            if _sum(path / f"{key}.npy") != checksum:
                raise Damaged(f"{path.name}: {key} is not as it was written")
        arrays = {
            key: np.load(path / f"{key}.npy", mmap_mode="r", allow_pickle=False)
            for key in said["arrays"]
        }
        return Head(**said["head"]), arrays
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged(f"{path.name}: {error}") from error


def drop(path: Path) -> None:
    """Take a snapshot away; who has mapped it goes on reading."""
    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def alone(folder: Path, level: str) -> Iterator[bool]:
    """True inside when nobody else on this machine is building this level."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / f".{level}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        free = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            free = False
        yield free
    finally:
        os.close(descriptor)


def _sum(path: Path) -> list[int]:
    """Size and CRC-32."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return [size, zlib.crc32(content)]


def _sweep(folder: Path, level: str) -> None:
    for path in versions(folder, level)[1:]:
        drop(path)
    for path in folder.glob(f".{level}-*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > LEFT_OVER_S:
                drop(path)
