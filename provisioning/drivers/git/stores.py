"""Where repositories are kept: what the driver needs of a folder or of a server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol
from uuid import UUID

from dulwich.errors import FileFormatException

from provisioning.drivers import places
from provisioning.drivers.git.changes import Seen, Work
from provisioning.drivers.git.label import Label
from provisioning.drivers.protocol import PermanentError, Step, TemporaryError


class Moved(Exception):
    """Somebody else wrote in between; nothing was written. Look again."""


class Store(Protocol):
    def where(self, name: str) -> str:
        """The address of a repository, for people."""
        ...

    def look(self, name: str) -> Seen | None:
        """The repository, or None."""
        ...

    def turn(self, instance_id: UUID, fence: int) -> AbstractContextManager[None]:
        """Keep others from writing for the instance as far as the store can.

        Raises:
            StaleFence: a newer worker has been here.
            TemporaryError: another one is at it.
        """
        ...

    def write(self, name: str, seen: Seen | None, work: Work) -> None:
        """All refs or none.

        Raises:
            Moved: the repository is not as it was seen.
        """
        ...

    def retire(
        self, name: str, seen: Seen, label: Label, step: Step, key: str, fence: int
    ) -> Sequence[str]:
        """Take the repository away as far as the store can; what is not ours is kept.

        Returns:
            The branches and tags with work of people; for their sake it is kept for good.
        """
        ...


@contextmanager
def in_driver_words() -> Iterator[None]:
    """Faults of a store, and of what it holds, as what they are for a step."""
    try:
        with places.in_driver_words():
            yield
    except OSError as error:
        message = f"The folder of repositories cannot be used: {error.strerror or 'fault'}."
        raise TemporaryError(message, retry_after_s=5) from error
    except (KeyError, FileFormatException) as error:
        raise PermanentError(
            "An object of the repository cannot be read: it is damaged."
        ) from error
