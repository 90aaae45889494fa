"""One repository as a step wants it: look, decide, write, look again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from provisioning.drivers.git import changes
from provisioning.drivers.git.changes import Seen, Work
from provisioning.drivers.git.label import LIVE, RETIRED, Label
from provisioning.drivers.git.scaffolds import files_of
from provisioning.drivers.git.specs import repository_name
from provisioning.drivers.git.stores import Moved, Store, in_driver_words
from provisioning.drivers.protocol import (
    Change,
    EffectRecord,
    Observed,
    PermanentError,
    PlannedEffect,
    StaleFence,
    Step,
    TemporaryError,
)
from provisioning.drivers.wording import counted

TRIES = 5  # when somebody else pushes at the same time
UNDONE = "The repository goes into the archive; with people's commits in it, for good."


@dataclass(frozen=True)
class Repository:
    store: Store
    step: Step

    @property
    def name(self) -> str:
        return repository_name(self.step)

    @property
    def where(self) -> str:
        return self.store.where(self.name)

    def plan(self, described: Mapping[str, str]) -> list[PlannedEffect]:
        files = files_of(self.step, described)
        with in_driver_words():
            seen = self._required(self.store.look(self.name))
            work = changes.wanted(seen, self.step, files, "", 0)
            change = Change.UPDATE if work.files else Change.KEEP
            if _live_label(seen) is None:
                change = Change.CREATE
        return [PlannedEffect("repository", self.where, change, UNDONE)]

    def observe(self) -> Observed:
        with in_driver_words():
            return self._observed(self.store.look(self.name), Change.KEEP)

    def ensure(self, described: Mapping[str, str], key: str, fence: int) -> Observed:
        files = files_of(self.step, described)
        with in_driver_words(), self.store.turn(self.step.instance_id, fence):
            for _ in range(TRIES):
                seen = self._required(self.store.look(self.name))
                _require_fence(seen, fence)
                work = changes.wanted(seen, self.step, files, key, fence)
                try:
                    if work.refs:
                        self.store.write(self.name, seen, work)
                except Moved:
                    continue
                self._tell(work)
                return self._observed(self.store.look(self.name), _change(seen, work))
        raise TemporaryError("Others push to the repository all the time.")

    def ensure_absent(self, key: str, fence: int) -> Observed:
        with in_driver_words(), self.store.turn(self.step.instance_id, fence):
            for _ in range(TRIES):
                seen = self.store.look(self.name)
                label = self._label_to_retire(seen, fence)
                if seen is None or label is None:
                    break
                _require_fence(seen, fence)
                try:
                    theirs = self.store.retire(self.name, seen, label, self.step, key, fence)
                except Moved:
                    continue
                self._tell_retired(label, theirs)
                break
        observed = self.observe()
        if observed.exists:
            raise TemporaryError(f"It is still there: {observed.summary}.")
        return observed

    def _label_to_retire(self, seen: Seen | None, fence: int) -> Label | None:
        """Ours; in an empty repository a new one, so that it remembers the fence."""
        if seen is not None and not seen.refs:
            return Label(self.step.instance_id, fence, RETIRED)
        label = seen.label if seen else None
        return label if label and self._is_ours(label) else None

    def _is_ours(self, label: Label) -> bool:
        return label.instance_id == self.step.instance_id

    def _required(self, seen: Seen | None) -> Seen | None:
        """Raises: PermanentError: what is there is not of this instance."""
        if seen is None or not seen.refs:
            return seen
        label = seen.label
        if label is None or not self._is_ours(label):
            raise PermanentError(
                f"A repository {self.name} that is not of this instance is in the way."
            )
        return seen

    def _observed(self, seen: Seen | None, change: Change) -> Observed:
        label = _live_label(seen)
        if seen is None or label is None or not self._is_ours(label):
            return Observed(False, summary=f"There is no repository {self.name} of ours.")
        branch = seen.branch.decode().removeprefix("refs/heads/")
        facts = {"repository": self.where, "branch": branch, "commit": (seen.tip or b"").decode()}
        return Observed(
            True,
            fence=label.fence,
            summary=f"Repository {self.where}",
            effects=(EffectRecord("repository", self.where, {"change": change, "branch": branch}),),
            attributes={**facts, "result": {"repository": self.where}},
        )

    def _tell(self, work: Work) -> None:
        if not work.files:
            self._log("info", f"{self.where} holds the scaffold already.")
            return
        written = f"{counted(work.files, 'file')} written to {work.branch} of {self.where}."
        self._log("info", written)
        if work.theirs:
            names = ", ".join(work.theirs[:5])
            self._log("warning", f"People changed {names}: merge the branch {work.branch}.")

    def _tell_retired(self, label: Label, theirs: Sequence[str]) -> None:
        if theirs:
            self._log("warning", f"People have pushed to {self.where}: it is kept for good.")
        elif label.state == LIVE:
            self._log("info", f"{self.where} retired.")

    def _log(self, level: str, text: str) -> None:
        self.step.log(level, "git", text)


def _live_label(seen: Seen | None) -> Label | None:
    label = seen.label if seen else None
    return label if label and label.state == LIVE else None


def _require_fence(seen: Seen | None, fence: int) -> None:
    label = seen.label if seen else None
    if label is not None and fence < label.fence:
        raise StaleFence("A newer run has taken over; this one changed nothing.")


def _change(seen: Seen | None, work: Work) -> Change:
    if not work.files:
        return Change.KEEP
    return Change.CREATE if _live_label(seen) is None else Change.UPDATE
