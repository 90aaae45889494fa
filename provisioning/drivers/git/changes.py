"""What has to be written so that a repository holds its scaffold, never over people's changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dulwich.objects import Blob, Commit, ObjectID, ShaFile
from dulwich.refs import Ref

from provisioning.drivers.git import label as labels
from provisioning.drivers.git.label import FENCE, LIVE, OURS, RETIRED, Label, commit_of, signed
from provisioning.drivers.git.trees import Made, Objects, files_in, id_at, tree_of, with_changes
from provisioning.drivers.protocol import Step
from provisioning.drivers.wording import counted

MARK: Final = ".meshport"
HEADS: Final = b"refs/heads/"
UPDATE: Final = "refs/heads/meshport/update-"


@dataclass(frozen=True)
class Seen:
    """A repository as it was looked at."""

    refs: Mapping[Ref, ObjectID]
    objects: Objects
    branch: Ref  # the default one

    @property
    def label(self) -> Label | None:
        sha = self.refs.get(FENCE)
        return labels.read(self.objects[sha]) if sha else None

    @property
    def tip(self) -> ObjectID | None:
        return self.refs.get(self.branch)

    def strange_refs(self, label: Label) -> list[str]:
        """Branches and tags that are not as we left them."""
        return sorted(
            name.decode("utf-8", "replace")
            for name, sha in self.refs.items()
            if name.startswith((HEADS, b"refs/tags/")) and not self._left_by_us(name, sha, label)
        )

    def _left_by_us(self, name: Ref, sha: ObjectID, label: Label) -> bool:
        left = label.tips.get(name.decode("utf-8", "replace"))
        if left == sha.decode():
            return True
        commit = self.our_commit(name, label)  # a worker may have died before it wrote the label
        return commit is not None and {parent.decode() for parent in commit.parents} <= {
            *label.tips.values()
        }

    def our_commit(self, name: Ref, label: Label) -> Commit | None:
        """The commit at a ref, if it is one of the portal's for this instance."""
        try:
            commit = self.objects[self.refs[name]]
        except KeyError:  # no such ref; or not asked for, as other people's branches
            return None
        if isinstance(commit, Commit) and labels.is_for(commit, label.instance_id):
            return commit
        return None


@dataclass(frozen=True)
class Work:
    """What to write. `theirs` are files that people changed since we last did."""

    refs: Mapping[Ref, ObjectID | None]  # new values; None deletes
    objects: list[ShaFile] = field(default_factory=list)
    files: int = 0  # that change
    branch: str = ""  # where our commit goes, if there is one
    theirs: tuple[str, ...] = ()


def wanted(seen: Seen | None, step: Step, files: Mapping[str, bytes], key: str, fence: int) -> Work:
    """The commit, if one is needed, and the label."""
    made = Made(seen.objects if seen else {})
    label = (seen.label if seen else None) or Label(step.instance_id, fence, RETIRED)
    before = {path: sha for path, sha in files_in(made, label.tree) if path != MARK}
    blobs = {path: Blob.from_string(content) for path, content in files.items()}
    changes: dict[str, Blob | None] = {
        path: blobs.get(path)
        for path in sorted({*before, *blobs})
        if before.get(path) != (blobs[path].id if path in blobs else None)
    }
    if not changes and label.state == LIVE:
        later = label.later(fence).to_commit(label.tree or with_changes(made, None, {}))
        same = seen is not None and seen.refs.get(FENCE) == later.id
        return Work({} if same else {FENCE: made.add(later)}, list(made.new.values()))
    changes[MARK] = _mark(step, fence)
    return _written(seen, made, step, label, changes, key, fence)


def retired(seen: Seen, label: Label, step: Step, key: str, fence: int) -> Work:
    """Our files and branches taken out again, unless people went on with them."""
    made = Made(seen.objects)
    refs: dict[Ref, ObjectID | None] = {}
    tree, tips, theirs = label.tree, dict(label.tips), seen.strange_refs(label)
    if not theirs and label.state == LIVE:
        files = {path: None for path, _ in files_in(made, label.tree)}
        left = with_changes(made, tree_of(made, seen.tip), files)
        message = signed("Retire what the portal made", step.instance_id, key)
        last = commit_of(left, [seen.tip] if seen.tip else [], message)
        refs = {Ref(name.encode()): None for name in tips if name.startswith(UPDATE)}
        refs |= {seen.branch: made.add(last), OURS: last.id}
        tree, tips = with_changes(made, None, {}), {seen.branch.decode(): last.id.decode()}
    later = label.later(fence, state=RETIRED, tips=tips)
    refs[FENCE] = made.add(later.to_commit(tree or with_changes(made, None, {})))
    if seen.refs.get(FENCE) == refs[FENCE]:
        refs = {}
    return Work(refs, list(made.new.values()), theirs=tuple(theirs))


def _written(
    seen: Seen | None,
    made: Made,
    step: Step,
    label: Label,
    changes: Mapping[str, Blob | None],
    key: str,
    fence: int,
) -> Work:
    branch = seen.branch if seen else Ref(HEADS + b"main")
    tip = seen.tip if seen else None
    theirs = _theirs(made, tree_of(made, tip), label, changes)
    if seen and (theirs or (tip is None and label.tips)):
        update = _free_update(seen, label)
        label = label.later(fence, updates=update)
        branch = Ref(f"{UPDATE}{update}".encode())
        tip = seen.refs.get(branch) or seen.refs.get(OURS)
    ours = with_changes(made, label.tree, changes)
    commit_id = _commit(made, step, tip, changes, key)
    tips = {**label.tips, branch.decode(): commit_id.decode()}
    later = label.later(fence, state=LIVE, tips=tips)
    refs: dict[Ref, ObjectID | None] = {branch: commit_id, OURS: commit_id}
    refs[FENCE] = made.add(later.to_commit(ours))
    return Work(
        refs, list(made.new.values()), len(changes), branch.decode()[len(HEADS) :], tuple(theirs)
    )


def _free_update(seen: Seen, label: Label) -> int:
    """The number of the next branch; one that a worker wrote before it died is gone on with."""
    number = label.updates + 1
    while (name := Ref(f"{UPDATE}{number}".encode())) in seen.refs:
        if seen.our_commit(name, label):
            break
        number += 1
    return number


def _commit(
    made: Made,
    step: Step,
    tip: ObjectID | None,
    changes: Mapping[str, Blob | None],
    key: str,
) -> ObjectID:
    """A commit on `tip`; `tip` itself where a worker died after it had written just this."""
    content = {path: blob for path, blob in changes.items() if path != MARK}
    at_tip = tree_of(made, tip)
    if tip and labels.is_for(made[tip], step.instance_id):
        there = all(
            id_at(made, at_tip, path) == (blob.id if blob else None)
            for path, blob in content.items()
        )
        if there and content:
            return tip
    subject = f"Files from the scaffold ({counted(len(content), 'file')})"
    parents = [tip] if tip else []
    message = signed(subject, step.instance_id, key)
    return made.add(commit_of(with_changes(made, at_tip, changes), parents, message))


def _theirs(
    made: Made, tree: ObjectID | None, label: Label, changes: Mapping[str, Blob | None]
) -> list[str]:
    """Files that are neither as we last wrote them nor as they shall be."""
    found = []
    for path, blob in changes.items():
        now, then = id_at(made, tree, path), id_at(made, label.tree, path)
        if path != MARK and now not in (then, blob.id if blob else None):
            found.append(path)
    return found


def _mark(step: Step, fence: int) -> Blob:
    data = {"instance": str(step.instance_id), "fence": fence}
    text = json.dumps({"about": "Made by the portal; leave this file to it.", **data}, indent=2)
    return Blob.from_string(f"{text}\n".encode())
