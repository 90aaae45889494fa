from django.apps import AppConfig

NUMBER_EVERY_S = 2
NUMBER_LATE_EVERY_S = 3_600
FAN_OUT_EVERY_S = 2
DELIVER_EVERY_S = 1
FORGET_EVERY_S = 86_400


class FeedConfig(AppConfig):
    name = "portal.feed"
    label = "feed"

    def ready(self) -> None:
        """Number what happened, and send it to those who want to hear of it."""
        from core import positions
        from portal.feed import services
        from provisioning.jobs import extensions as jobs

        jobs.periodic("event-positions", NUMBER_EVERY_S, positions.number_events)
        jobs.periodic("event-positions-late", NUMBER_LATE_EVERY_S, positions.number_late_events)
        jobs.periodic("old-events", FORGET_EVERY_S, positions.forget_events)
        jobs.periodic("webhook-events", FAN_OUT_EVERY_S, services.fan_out)
        jobs.periodic("webhooks", DELIVER_EVERY_S, services.deliver_due)
        jobs.periodic("old-deliveries", FORGET_EVERY_S, services.forget_deliveries)
