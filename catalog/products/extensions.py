"""What higher rooms do in the transaction that changes a product."""

from collections.abc import Callable
from uuid import UUID

# product, and the complete set of products that it declares as inputs
LinksHandler = Callable[[UUID, frozenset[UUID]], None]

_links_handlers: list[LinksHandler] = []


def on_links_changed(handler: LinksHandler) -> None:
    """Have `handler` called when the declared inputs of a product change. From `ready()`."""
    if handler not in _links_handlers:
        _links_handlers.append(handler)


def links_changed(product_id: UUID, source_product_ids: frozenset[UUID]) -> None:
    """Tell the handlers, in the surrounding transaction."""
    for handler in _links_handlers:
        handler(product_id, source_product_ids)


def registrations() -> list[str]:
    """Dotted handler names, for the table in `docs/architecture.md`."""
    return [f"{handler.__module__}.{handler.__qualname__}" for handler in _links_handlers]
