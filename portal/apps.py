from importlib import import_module

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        """Every process that accepts jobs knows the broker; domains are found by what they say."""
        from core import outbox
        from portal.places import follow_domain

        import_module("portal.celery")
        outbox.subscribe("domain.changed", follow_domain)
