from django.apps import AppConfig

CHECKS_EVERY_S = 3
TIDY_EVERY_S = 3600
ORPHANS_EVERY_S = 600


class JobsConfig(AppConfig):
    name = "provisioning.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Run the contracts' quality checks, and tidy up."""
        from provisioning.jobs import extensions
        from provisioning.jobs.services import checks, reconciling, sweeping

        extensions.check_source(checks.QualityChecks())
        extensions.periodic("checks", CHECKS_EVERY_S, checks.order_due)
        extensions.periodic("orphans", ORPHANS_EVERY_S, reconciling.find_orphans)
        extensions.periodic("tidy", TIDY_EVERY_S, sweeping.tidy)
