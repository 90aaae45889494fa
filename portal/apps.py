from importlib import import_module

from django.apps import AppConfig

WORDS_EVERY_S = 3_600
COUNTS_EVERY_S = 120
VERSIONS_EVERY_S = 600
FORGET_EVERY_S = 86_400
DAYS_EVERY_S = 6 * 3_600  # so that a day that was begun late has its points too
LINEAGE_EVERY_S = 900
PROMISES_EVERY_S = 300
SEAL_EVERY_S = 5
ANCHOR_EVERY_S = 3_600
GATHER_EVERY_S = 30
SEND_EVERY_S = 5
SNAPSHOTS_EVERY_S = 60
TOKENS_EVERY_S = 3_600


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        """Every process that accepts jobs knows the broker, and what is done now and then."""
        import_module("portal.celery")
        jobs = import_module("provisioning.jobs.extensions")
        search = import_module("catalog.search.services")
        jobs.periodic("search-words", WORDS_EVERY_S, search.refresh_words)
        jobs.periodic("search-counts", COUNTS_EVERY_S, search.fold_counts)
        products = import_module("catalog.products.services")
        jobs.periodic("port-versions", VERSIONS_EVERY_S, products.apply_due_versions)
        services = import_module("portal.services")
        lineage = import_module("catalog.lineage.services")
        jobs.periodic("old-lineage", LINEAGE_EVERY_S, lineage.forget_lineage)
        quality = import_module("catalog.quality.services")
        jobs.periodic("quality-months", FORGET_EVERY_S, quality.keep_months)
        jobs.periodic("promises", PROMISES_EVERY_S, quality.watch_promises)
        jobs.periodic("quality-days", DAYS_EVERY_S, quality.keep_days)
        jobs.periodic("old-notifications", FORGET_EVERY_S, services.forget_old)
        jobs.periodic("mail-digests", GATHER_EVERY_S, services.gather_mails)
        jobs.periodic("mails", SEND_EVERY_S, services.send_due_mails)
        accounts = import_module("accounts.services")
        jobs.periodic("ending-tokens", TOKENS_EVERY_S, accounts.remind_of_ends)
        lineage = import_module("catalog.lineage.engine.upkeep")
        jobs.periodic("lineage-snapshots", SNAPSHOTS_EVERY_S, lineage.keep_snapshots)
        sealing = import_module("core.sealing")
        jobs.periodic("audit-seal", SEAL_EVERY_S, sealing.seal)
        jobs.periodic("audit-anchor", ANCHOR_EVERY_S, sealing.seal_and_anchor)
        outbox = import_module("core.outbox")
        outbox.subscribe("domain.changed", services.follow_domain)
        outbox.subscribe("team.changed", services.follow_team)
        for topic in import_module("portal.services.notifying").WRITERS:
            outbox.subscribe(topic, services.notify)
