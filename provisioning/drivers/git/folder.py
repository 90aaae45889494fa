"""A folder of bare repositories, the built-in place."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from dulwich.errors import NotGitRepository
from dulwich.objects import ObjectID
from dulwich.refs import Ref
from dulwich.repo import Repo

from provisioning.drivers.git.changes import HEADS, Seen, Work
from provisioning.drivers.git.label import FENCE, LIVE, Label
from provisioning.drivers.git.stores import Moved
from provisioning.drivers.protocol import StaleFence, Step, TemporaryError

MAIN: Final = Ref(HEADS + b"main")
WAIT_S = 20.0  # for another worker at the same instance
STAMP = "%Y%m%dT%H%M%SZ"
ARCHIVED = re.compile(r".+\.(\d{8}T\d{6}Z)(\.kept)?\.git")
PURGED_AT_ONCE = 20
HALF_MADE_S = 3600.0  # after that the worker that made it is dead


@dataclass(frozen=True)
class FolderStore:
    """`repositories/<name>.git`, `archive/<name>.<when>[.kept].git`, `fences/<instance>`.

    Args:
        keep_days: how long a retired repository stays in the archive if nobody pushed to it.
    """

    root: Path
    keep_days: int = 30
    public_url: str = ""

    def where(self, name: str) -> str:
        base = self.public_url.rstrip("/") or str(self.root / "repositories")
        return f"{base}/{name}.git"

    def look(self, name: str) -> Seen | None:
        try:
            repo = Repo(str(self._path(name)))
        except NotGitRepository:
            return None
        refs = {Ref(key): sha for key, sha in repo.get_refs().items() if key != b"HEAD"}
        return Seen(refs, repo.object_store, MAIN)

    @contextmanager
    def turn(self, instance_id: UUID, fence: int) -> Iterator[None]:
        """The fence's file is locked meanwhile; the lock ends with the process."""
        for part in ("repositories", "archive", "fences", "new"):
            (self.root / part).mkdir(parents=True, exist_ok=True)
        path = self.root / "fences" / str(instance_id)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor)
            _raise_fence(descriptor, fence)
            yield
        finally:
            os.close(descriptor)

    def write(self, name: str, seen: Seen | None, work: Work) -> None:
        """A new repository appears whole; in one that is there the fence is written last."""
        path = self._path(name)
        if seen is not None:
            with closing(Repo(str(path))) as repo:
                _put(repo, seen, work)
            return
        new = self.root / "new" / f"{name}.{uuid4().hex}"
        new.mkdir()
        with closing(Repo.init_bare(str(new), default_branch=b"main")) as repo:
            _put(repo, Seen({}, repo.object_store, MAIN), work)
        new.rename(path)

    def retire(
        self, name: str, seen: Seen, label: Label, step: Step, key: str, fence: int
    ) -> Sequence[str]:
        """Move it into the archive, whole; the fence's file stays."""
        if label.state != LIVE:
            return ()
        theirs = seen.strange_refs(label)
        stamp = dt.datetime.now(dt.UTC).strftime(STAMP)
        kept = ".kept" if theirs else ""
        self._path(name).rename(self.root / "archive" / f"{name}.{stamp}{kept}.git")
        self._purge()
        return theirs

    def _path(self, name: str) -> Path:
        return self.root / "repositories" / f"{name}.git"

    def _in(self, part: str) -> Iterator[Path]:
        return (self.root / part).iterdir()

    def _purge(self) -> None:
        """Delete what was retired long ago and held nobody's work, and what was left half made."""
        now = dt.datetime.now(dt.UTC)
        oldest = (now - dt.timedelta(days=self.keep_days)).strftime(STAMP)
        retired = [(path, ARCHIVED.fullmatch(path.name)) for path in self._in("archive")]
        old = [path for path, at in retired if at and not at[2] and at[1] < oldest]
        dead = time.time() - HALF_MADE_S
        old += [path for path in self._in("new") if path.stat().st_mtime < dead]
        for path in old[:PURGED_AT_ONCE]:
            shutil.rmtree(path, ignore_errors=True)


def _put(repo: Repo, seen: Seen, work: Work) -> None:
    for each in work.objects:
        repo.object_store.add_object(each)
    for name in sorted(work.refs, key=lambda each: each == FENCE):
        new, old = work.refs[name], seen.refs.get(name)
        done = (
            _removed(repo, name, old)
            if new is None
            else repo.refs.set_if_equals(name, old, new)
            if old
            else repo.refs.add_if_new(name, new)
        )
        if not done:
            raise Moved(name.decode())


def _removed(repo: Repo, name: Ref, old: ObjectID | None) -> bool:
    return old is None or bool(repo.refs.remove_if_equals(name, old))


def _lock(descriptor: int) -> None:
    """Raises: TemporaryError: another worker holds it."""
    ends_at = time.monotonic() + WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > ends_at:
                raise TemporaryError("Another worker is at this repository.") from None
            time.sleep(0.05)
        else:
            return


def _raise_fence(descriptor: int, fence: int) -> None:
    text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
    before = int(text) if text.isdigit() else 0
    if fence < before:
        raise StaleFence("A newer run has taken over; this one changed nothing.")
    if fence > before:
        os.pwrite(descriptor, b"%020d\n" % fence, 0)
        os.fsync(descriptor)
