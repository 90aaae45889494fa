from django.apps import AppConfig

CLOSE_EVERY_S = 30
REMIND_EVERY_S = 3600


class RecertificationConfig(AppConfig):
    name = "provisioning.recertification"
    label = "recertification"

    def ready(self) -> None:
        """Let the calendar close campaigns and remind people."""
        from provisioning.jobs import extensions as jobs
        from provisioning.recertification import services

        jobs.periodic("recertification-close", CLOSE_EVERY_S, services.close_due)
        jobs.periodic("recertification-remind", REMIND_EVERY_S, services.remind_of_reviews)
