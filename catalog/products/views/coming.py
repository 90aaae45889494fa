"""An announced move of a port to another contract version, as its readers are told of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from catalog.contracts.selectors import breaking_between
from catalog.products.models import OutputPort


@dataclass(frozen=True)
class Coming:
    version: str
    on: dt.date
    changes: int  # breaking ones
    url: str  # what changes; "" where it is another contract


def coming_of(port: OutputPort) -> Coming | None:
    """What is announced of the port; both versions must be loaded.

    No statement where nothing is; else one or two.
    """
    following, present = port.next_contract_version, port.contract_version
    if following is None or present is None or port.next_version_on is None:
        return None
    changes = len(breaking_between(present.pk, following.pk))
    url = ""
    if following.contract_id == present.contract_id:
        said = urlencode({"from": present.version, "to": following.version})
        url = f"{reverse('contracts:diff', args=[following.contract_id])}?{said}"
    return Coming(following.version, port.next_version_on, changes, url)
