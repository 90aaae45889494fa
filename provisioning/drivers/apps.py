from importlib.util import find_spec

from django.apps import AppConfig


class DriversConfig(AppConfig):
    name = "provisioning.drivers"
    label = "drivers"

    def ready(self) -> None:
        """Make the built-in drivers known."""
        from provisioning.drivers.catalog import CatalogDriver
        from provisioning.drivers.git import GitDriver, describing
        from provisioning.drivers.git import target as git
        from provisioning.drivers.osb import OsbDriver
        from provisioning.drivers.osb import target as osb
        from provisioning.drivers.postgres import PostgresDriver
        from provisioning.drivers.postgres import target as postgres
        from provisioning.drivers.registry import announce, register
        from provisioning.drivers.s3 import S3Driver
        from provisioning.drivers.s3 import target as s3
        from provisioning.drivers.webhook import WebhookDriver
        from provisioning.drivers.webhook import target as webhook
        from provisioning.drivers.witboost import WitboostDriver
        from provisioning.drivers.witboost import target as witboost

        register(CatalogDriver())
        register(GitDriver(git.store, describing.described), git.KIND)
        register(PostgresDriver(postgres.warehouse), postgres.KIND)
        if find_spec("botocore"):
            register(S3Driver(s3.storage), s3.KIND)
        else:
            announce("s3", s3.NOT_INSTALLED)
        register(OsbDriver(osb.broker), osb.KIND)
        register(WebhookDriver(webhook.receiver), webhook.KIND)
        register(WitboostDriver(witboost.adapter), witboost.KIND)
