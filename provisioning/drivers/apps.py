from django.apps import AppConfig


class DriversConfig(AppConfig):
    name = "provisioning.drivers"
    label = "drivers"

    def ready(self) -> None:
        """Make the built-in drivers known."""
        from provisioning.drivers.catalog import CatalogDriver
        from provisioning.drivers.postgres import PostgresDriver
        from provisioning.drivers.registry import register
        from provisioning.drivers.targets import warehouse

        register(CatalogDriver())
        register(PostgresDriver(warehouse))
