"""Trees of a repository: looked into, and made anew where files change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dulwich.objects import Blob, Commit, ObjectID, ShaFile, Tree

FILE = 0o100644
FOLDER = 0o040000


class Objects(Protocol):
    """Where objects are found by their id."""

    def __getitem__(self, sha: ObjectID, /) -> ShaFile: ...


@dataclass
class Made:
    """Objects that are made on top of those that are there."""

    there: Objects
    new: dict[ObjectID, ShaFile] = field(default_factory=dict)

    def __getitem__(self, sha: ObjectID, /) -> ShaFile:
        return self.new[sha] if sha in self.new else self.there[sha]

    def add(self, made: ShaFile) -> ObjectID:
        self.new[made.id] = made
        return made.id


def tree_of(objects: Objects, commit_id: ObjectID | None) -> ObjectID | None:
    """The tree of a commit."""
    if commit_id is None:
        return None
    commit = objects[commit_id]
    if not isinstance(commit, Commit):
        raise KeyError(commit_id)
    tree: ObjectID = commit.tree
    return tree


def files_in(
    objects: Objects, tree_id: ObjectID | None, prefix: str = ""
) -> Iterator[tuple[str, ObjectID]]:
    """`(path, id)` of all files; for trees that we made."""
    for name, mode, sha in _entries(objects, tree_id):
        path = prefix + name.decode("utf-8", "replace")
        if mode == FOLDER:
            yield from files_in(objects, sha, f"{path}/")
        else:
            yield path, sha


def id_at(objects: Objects, tree_id: ObjectID | None, path: str) -> ObjectID | None:
    """What stands at `path`, a file or a folder."""
    first, _, rest = path.partition("/")
    for name, mode, sha in _entries(objects, tree_id):
        if name == first.encode():
            if not rest:
                return sha
            return id_at(objects, sha, rest) if mode == FOLDER else None
    return None


def with_changes(
    made: Made, tree_id: ObjectID | None, changes: Mapping[str, Blob | None]
) -> ObjectID:
    """A tree with these files put in or (None) taken out; folders left empty go too."""
    found = _changed(made, tree_id, changes)
    return made.add(Tree()) if found is None else found


def _changed(
    made: Made, tree_id: ObjectID | None, changes: Mapping[str, Blob | None]
) -> ObjectID | None:
    tree = Tree()
    for name, mode, sha in _entries(made, tree_id):
        tree.add(name, mode, sha)
    inside: dict[str, dict[str, Blob | None]] = {}
    for path, blob in changes.items():
        first, _, rest = path.partition("/")
        name = first.encode()
        if rest:
            inside.setdefault(first, {})[rest] = blob
        elif blob is not None:
            tree.add(name, FILE, made.add(blob))
        elif name in tree:
            del tree[name]
    for first, below in inside.items():
        name = first.encode()
        mode, folder_id = tree[name] if name in tree else (FOLDER, None)  # noqa: SIM401 - no get
        folder = _changed(made, folder_id if mode == FOLDER else None, below)
        if folder is not None:
            tree.add(name, FOLDER, folder)
        elif name in tree and mode == FOLDER:
            del tree[name]
    return made.add(tree) if len(tree) else None


def _entries(objects: Objects, tree_id: ObjectID | None) -> list[tuple[bytes, int, ObjectID]]:
    """Name, mode and id of what is in a tree."""
    if tree_id is None:
        return []
    tree = objects[tree_id]
    if not isinstance(tree, Tree):
        raise KeyError(tree_id)
    return [(entry.path, entry.mode, entry.sha) for entry in tree.iteritems()]
