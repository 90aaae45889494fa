"""What higher rooms do when a product changes, and which announced moves they hold back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from uuid import UUID

from django.db.models import QuerySet

from catalog.products.models import OutputPort

# by product: the complete set of products that it declares as inputs
Links = Mapping[UUID, frozenset[UUID]]
LinksHandler = Callable[[Links], None]

# the ports whose announced move to another contract version has to wait on a day
Holder = Callable[[dt.date], QuerySet[OutputPort]]

_links_handlers: list[LinksHandler] = []
_holders: list[Holder] = []


def hold_moves(holder: Holder) -> None:
    """Have announced moves wait for the ports that `holder(today)` names. From `ready()`."""
    if holder not in _holders:
        _holders.append(holder)


def without_held(ports: QuerySet[OutputPort], today: dt.date) -> QuerySet[OutputPort]:
    """Of `ports` those that nobody holds back."""
    for holder in _holders:
        ports = ports.exclude(pk__in=holder(today).order_by().values("pk"))
    return ports


def on_links_changed(handler: LinksHandler) -> None:
    """Have `handler` called when the declared inputs of products change. From `ready()`."""
    if handler not in _links_handlers:
        _links_handlers.append(handler)


def links_changed(links: Links) -> None:
    """Tell the handlers, in the surrounding transaction."""
    if not links:
        return
    for handler in _links_handlers:
        handler(links)


def registrations() -> list[str]:
    """Dotted handler names, for the table in `docs/architecture.md`."""
    return [f"{handler.__module__}.{handler.__qualname__}" for handler in _links_handlers]


def hold_registrations() -> list[str]:
    """The same of those who hold moves back."""
    return [f"{holder.__module__}.{holder.__qualname__}" for holder in _holders]
