from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "provisioning.consent"
    label = "consent"

    def ready(self) -> None:
        """Ask when a change is announced, and hold it back for those who need it."""
        from catalog.products import extensions as products
        from core import outbox, panels
        from provisioning.consent import selectors, services
        from provisioning.consent.views import panels as consent_panels

        outbox.subscribe("port.change-announced", services.ask_consumers)
        outbox.subscribe_many("port.changed", services.forget_moves)
        products.hold_moves(selectors.held_ports)
        panels.register("grant.head", consent_panels.question)
        panels.register("port.access", consent_panels.answers, order=10)
