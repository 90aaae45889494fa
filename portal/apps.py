from importlib import import_module

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        """Every process that accepts jobs knows the broker."""
        import_module("portal.celery")
