"""From a contract to the checks that hold it to its word: plain data in, plain data out.

Three sources: rules that are stated, what the columns imply, and service levels that rows can
break. Each check has a key that stays when its contract gets a new version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.contracts.formats import odcs
from catalog.quality.rules.implied import implied
from catalog.quality.rules.promises import promised
from catalog.quality.rules.stated import stated
from catalog.quality.rules.wanted import Wanted, key_of, keyed

__all__ = ["Wanted", "key_of", "wanted_by"]


def wanted_by(document: Mapping[str, Any]) -> list[Wanted]:
    """Every check that a contract asks for, in the order of the document.

    Args:
        document: valid by the standard, of any of its versions.

    Cost: one pass over the document, in memory.
    """
    doc = odcs.parse(document)
    rules = list(stated(doc, document))
    return list(keyed([*rules, *implied(doc, rules), *promised(doc, document)]))
