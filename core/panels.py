"""Slots of a lower room's page that higher rooms fill, on the server, so no script is needed."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

Panel = Callable[[HttpRequest, Any], SafeString | None]

_panels: dict[str, list[tuple[int, Panel]]] = defaultdict(list)


def register(slot: str, panel: Panel, *, order: int = 0) -> None:
    """Have `panel` rendered into `slot`, lower `order` first. Called in `AppConfig.ready()`."""
    if all(known is not panel for _, known in _panels[slot]):
        _panels[slot].append((order, panel))
        _panels[slot].sort(key=lambda entry: entry[0])


def render(slot: str, request: HttpRequest, subject: Any) -> list[SafeString]:
    """The panels of `slot` for `subject`; a panel may decline by returning None."""
    parts = (panel(request, subject) for _, panel in _panels[slot])
    return [part for part in parts if part is not None]


def registrations() -> dict[str, list[str]]:
    """`{slot: [dotted panel name]}`, for the table in `docs/architecture.md`."""
    return {
        slot: [f"{panel.__module__}.{panel.__qualname__}" for _, panel in entries]
        for slot, entries in sorted(_panels.items())
    }
