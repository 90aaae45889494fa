"""What a driver has to know of a place before it may act there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from core.outbound import Refused, Unreachable
from core.problems import Problem
from provisioning.drivers.protocol import Json, PermanentError, TemporaryError


@dataclass(frozen=True)
class Opened:
    """A target with its secrets in the clear: for a driver's eyes, never stored or logged."""

    slug: str
    config: Json
    secrets: Mapping[str, str] = field(repr=False)


def _nothing_more(_place: Opened) -> Iterable[Problem]:
    return ()


@dataclass(frozen=True)
class TargetKind:
    """The targets of one driver.

    `config` and `secrets` are JSON Schemas 2020-12 of flat objects; their titles and descriptions
    are the form's. All secrets are texts.
    """

    label: str
    summary: str  # one sentence: what is made there
    config: Json
    secrets: Json
    address: str  # pointer of the field that says where the target is
    probe: Callable[[Opened], str]  # what was found, in a line; raises a DriverError
    check: Callable[[Opened], Iterable[Problem]] = _nothing_more  # what no schema can say

    def schema(self, part: str) -> Json:
        """The schema of `config` or `secrets`."""
        return self.config if part == "config" else self.secrets


@contextmanager
def in_driver_words() -> Iterator[None]:
    """Errors of the way out as what they are for a step."""
    try:
        yield
    except Unreachable as error:
        raise TemporaryError(str(error), retry_after_s=error.retry_after_s) from error
    except Refused as error:
        raise PermanentError(str(error)) from error


def safe_url(url: object) -> str:
    """An address that a link may lead to, or nothing."""
    text = url if isinstance(url, str) and url.isprintable() else ""
    parts = urlsplit(text)
    return text if parts.scheme in ("https", "http") and parts.hostname else ""
