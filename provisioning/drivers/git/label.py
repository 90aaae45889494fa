"""The portal's own refs of a repository: whose it is, under which fence, and what we wrote."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from dulwich.objects import Commit, ObjectID, ShaFile
from dulwich.refs import Ref

FENCE: Final = Ref(b"refs/meshport/fence")  # a commit: label in its message, our files as its tree
OURS: Final = Ref(b"refs/meshport/ours")  # our last commit on any branch
WHO: Final = b"Meshport <meshport@localhost>"
LIVE, RETIRED = "live", "retired"
_TRAILER = re.compile(rb"^Meshport-Instance: ([0-9a-f-]{36})$", re.MULTILINE)


@dataclass(frozen=True)
class Label:
    instance_id: UUID
    fence: int
    state: str = LIVE
    updates: int = 0  # branches `meshport/update-<n>` there have been
    tips: Mapping[str, str] = field(default_factory=dict)  # ref: commit, as we left them
    tree: ObjectID | None = None  # what our files are

    def later(self, fence: int, **changes: object) -> Label:
        return replace(self, fence=fence, **changes)  # type: ignore[arg-type]

    def to_commit(self, tree: ObjectID) -> Commit:
        data = {
            "instance": str(self.instance_id),
            "fence": self.fence,
            "state": self.state,
            "updates": self.updates,
            "tips": dict(self.tips),
        }
        return commit_of(tree, [], f"meshport label\n\n{json.dumps(data, sort_keys=True)}\n", at=0)


def read(found: ShaFile | None) -> Label | None:
    """The label in a commit; None when there is none of ours."""
    if not isinstance(found, Commit):
        return None
    try:
        data = json.loads(found.message.partition(b"\n\n")[2])
        return Label(
            UUID(data["instance"]),
            int(data["fence"]),
            str(data["state"]),
            int(data["updates"]),
            {str(ref): str(tip) for ref, tip in data["tips"].items()},
            found.tree,
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def commit_of(
    tree: ObjectID, parents: list[ObjectID], message: str, *, at: int | None = None
) -> Commit:
    """A commit of the portal; `at` is in seconds since 1970."""
    commit = Commit()
    commit.tree, commit.parents, commit.message = tree, parents, message.encode()
    commit.author = commit.committer = WHO
    commit.author_time = commit.commit_time = int(time.time()) if at is None else at
    commit.author_timezone = commit.commit_timezone = 0
    commit.encoding = b"UTF-8"
    return commit


def signed(subject: str, instance_id: UUID, effect_key: str) -> str:
    """A commit message that says for which step the commit was made."""
    return f"{subject}\n\nMeshport-Instance: {instance_id}\nMeshport-Effect: {effect_key}\n"


def is_for(found: ShaFile, instance_id: UUID) -> bool:
    """Whether the portal made this commit for the instance."""
    if not isinstance(found, Commit) or found.committer != WHO:
        return False
    trailers = _TRAILER.findall(found.message)
    return trailers[-1:] == [str(instance_id).encode()]
