"""What higher rooms do in the transaction that changes a product."""

from collections.abc import Callable, Mapping
from uuid import UUID

# by product: the complete set of products that it declares as inputs
Links = Mapping[UUID, frozenset[UUID]]
LinksHandler = Callable[[Links], None]

_links_handlers: list[LinksHandler] = []


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
