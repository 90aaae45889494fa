"""What callers hand to the services."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import Domain, Team
from catalog.governance.states import Severity


@dataclass(frozen=True)
class PolicyData:
    """A policy as it should be; `domain` None: for the whole company."""

    name: str
    rule: str  # CEL
    words: str  # the rule as people say it
    mend: str  # what to do when it is not kept
    owner: Team
    subject: str = "product"
    domain: Domain | None = None
    severity: str = Severity.MEDIUM
    slug: str = ""  # made from the name where it is left out


@dataclass(frozen=True)
class Enforcement:
    """That a version is enforced; until the end of the grace day it only warns."""

    grace_until: dt.date | None = None


@dataclass(frozen=True)
class TermData:
    """A term as it should be; `domain` None: for the whole company."""

    name: str
    definition: str  # Markdown
    owner: Team
    synonyms: Sequence[str] = ()
    domain: Domain | None = None
