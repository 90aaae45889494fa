from django.apps import AppConfig


class DriversConfig(AppConfig):
    name = "provisioning.drivers"
    label = "drivers"

    def ready(self) -> None:
        """Make the built-in drivers known."""
        from provisioning.drivers.catalog import CatalogDriver
        from provisioning.drivers.osb import OsbDriver
        from provisioning.drivers.osb import target as osb
        from provisioning.drivers.postgres import PostgresDriver
        from provisioning.drivers.postgres import target as postgres
        from provisioning.drivers.registry import register
        from provisioning.drivers.webhook import WebhookDriver
        from provisioning.drivers.webhook import target as webhook
        from provisioning.drivers.witboost import WitboostDriver
        from provisioning.drivers.witboost import target as witboost

        register(CatalogDriver())
        register(PostgresDriver(postgres.warehouse), postgres.KIND)
        register(OsbDriver(osb.broker), osb.KIND)
        register(WebhookDriver(webhook.receiver), webhook.KIND)
        register(WitboostDriver(witboost.adapter), witboost.KIND)
