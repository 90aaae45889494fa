"""Repositories on a git server: read and written over HTTP, all refs of a push or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final
from uuid import UUID

from dulwich.errors import NotGitRepository
from dulwich.object_store import MemoryObjectStore, ObjectStoreGraphWalker
from dulwich.objects import ZERO_SHA, ObjectID
from dulwich.pack import pack_objects_to_data
from dulwich.refs import HEADREF, Ref

from core.outbound import Refused, Unreachable, read_url
from provisioning.drivers.git import changes
from provisioning.drivers.git.changes import HEADS, Seen, Work
from provisioning.drivers.git.label import FENCE, OURS, Label
from provisioning.drivers.git.stores import Moved
from provisioning.drivers.git.wire import OutboundGitClient, in_outbound_words, require_bounded
from provisioning.drivers.protocol import Step

ONLY_TREES: Final = b"blob:none"


@dataclass(frozen=True)
class RemoteStore:
    """A base URL under which the repositories of a team are, or come to be at the first push."""

    url: str
    user: str = ""
    token: str = field(default="", repr=False)

    def where(self, name: str) -> str:
        return f"{self.url.rstrip('/')}/{name}.git"

    def look(self, name: str) -> Seen | None:
        """The repository with the trees of its newest commits; no history, no contents."""
        client = self._client()
        packed = BytesIO()

        def wants(refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:
            return sorted({refs[name] for name in refs if name in read or name == HEADREF})

        read = {FENCE, OURS, Ref(HEADS + b"main"), Ref(HEADS + b"master")}
        with in_outbound_words(self._place):
            try:
                found = client.fetch_pack(
                    f"{name}.git",
                    wants,
                    ObjectStoreGraphWalker([], lambda _sha: []),
                    packed.write,
                    depth=1,
                    filter_spec=ONLY_TREES,
                    ref_prefix=[b"HEAD", b"refs/"],
                )
            except NotGitRepository:
                return None
            branch = Ref(found.symrefs.get(HEADREF) or HEADS + b"main")
            refs = {Ref(each): sha for each, sha in found.refs.items() if sha and _counts(each)}
            return Seen(refs, _unpacked(packed.getvalue()), branch)

    @contextmanager
    def turn(self, instance_id: UUID, fence: int) -> Iterator[None]:
        """The server compares the fence itself, with each push."""
        yield

    def write(self, name: str, seen: Seen | None, work: Work) -> None:
        """One atomic push, which the server is then asked to show."""
        new = {ref: sha or ZERO_SHA for ref, sha in work.refs.items()}
        before = seen.refs if seen else {}

        def updates(refs: dict[Ref, ObjectID]) -> dict[Ref, ObjectID]:
            if any(refs.get(ref) != before.get(ref) for ref in new):
                raise Moved(name)
            return new

        def pack(_have: object, _want: object, **_options: object) -> object:
            return pack_objects_to_data(work.objects, deltify=False)

        with in_outbound_words(self._place):
            try:
                result = self._client().send_pack(f"{name}.git", updates, pack, atomic=True)  # type: ignore[arg-type]
            except NotGitRepository:
                raise Refused(
                    f"{self._place} has no repository {name}, and makes none when it is pushed to."
                ) from None
            refused = sorted(filter(None, (result.ref_status or {}).values()))
        self._require_written(name, before, work, [str(each) for each in refused])

    def retire(
        self, name: str, seen: Seen, label: Label, step: Step, key: str, fence: int
    ) -> Sequence[str]:
        """Our files and branches go; the repository itself is the server's."""
        work = changes.retired(seen, label, step, key, fence)
        if work.refs:
            self.write(name, seen, work)
        return work.theirs

    def _require_written(
        self, name: str, before: Mapping[Ref, ObjectID], work: Work, refused: list[str]
    ) -> None:
        """Raises: Moved: somebody else was faster. Refused: the server says no."""
        with in_outbound_words(self._place):
            refs = self._client().get_refs(f"{name}.git", ref_prefix=[b"refs/"]).refs
        if all(refs.get(ref) == sha for ref, sha in work.refs.items()):
            return
        if any(refs.get(ref) != before.get(ref) for ref in work.refs):
            raise Moved(name)
        if refused:
            raise Refused(f"{self._place} refuses the push: {refused[0][:200]}.")
        raise Unreachable(f"{self._place} took the push but does not show it.")

    @property
    def _place(self) -> str:
        return read_url(self.url).name

    def _client(self) -> OutboundGitClient:
        return OutboundGitClient(self.url, user=self.user, token=self.token)


def _counts(name: bytes) -> bool:
    return name.startswith(b"refs/") and not name.endswith(b"^{}")


def _unpacked(pack: bytes) -> MemoryObjectStore:
    store = MemoryObjectStore()
    if pack:
        require_bounded(pack)
        stream, commit, abort = store.add_pack()
        try:
            stream.write(pack)
        except BaseException:
            abort()
            raise
        commit()
    return store
