"""What the processes of a chaos run have besides the portal: the traced shelf, and the sink."""

from __future__ import annotations

import os

from django.apps import AppConfig


class ChaosConfig(AppConfig):
    name = "tests.chaos"
    label = "chaos"

    def ready(self) -> None:
        """Join in."""
        from core import outbox
        from provisioning.drivers.registry import register
        from tests.chaos.shelf import TracedShelf

        register(TracedShelf(os.environ["WAREHOUSE_URL"]))
        outbox.subscribe("operation.finished", deliver)


def deliver(event) -> None:  # type: ignore[no-untyped-def]
    """One line at the sink; a line that short is appended whole or not at all."""
    line = f"{event.event_id} {event.key}\n".encode()
    sink = os.open(os.environ["CHAOS_SINK"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(sink, line)
    finally:
        os.close(sink)
