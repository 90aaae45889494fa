from django.apps import AppConfig

CHECKS_EVERY_S = 3
TARGETS_EVERY_S = 30
TIDY_EVERY_S = 3600
ORPHANS_EVERY_S = 600


class JobsConfig(AppConfig):
    name = "provisioning.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Run the contracts' quality checks, look after targets, and tidy up."""
        from provisioning.drivers.extensions import register_target_users
        from provisioning.drivers.services import check_due
        from provisioning.jobs import extensions
        from provisioning.jobs.placed import PlacedInstances
        from provisioning.jobs.services import checks, reconciling, sweeping

        extensions.check_source(checks.QualityChecks())
        extensions.on_finished(checks.checks_ended)
        extensions.periodic("checks", CHECKS_EVERY_S, checks.order_due)
        extensions.periodic("orphans", ORPHANS_EVERY_S, reconciling.look_for_orphans)
        extensions.periodic("targets", TARGETS_EVERY_S, check_due)
        register_target_users(PlacedInstances())
        extensions.periodic("tidy", TIDY_EVERY_S, sweeping.tidy)
