from django.apps import AppConfig

ESCALATE_EVERY_S = 30


class RequestsConfig(AppConfig):
    name = "provisioning.requests"
    label = "requests"

    def ready(self) -> None:
        """Take requests from the forms, and follow the work."""
        from core import panels
        from provisioning.blueprints import extensions as blueprints
        from provisioning.jobs import extensions as jobs
        from provisioning.requests import extensions, services
        from provisioning.requests.services.service_kind import Desk, ServiceKind
        from provisioning.requests.views.panels import request_of_operation

        extensions.register_kind(ServiceKind())
        blueprints.register_desk(Desk())
        jobs.on_finished(services.follow_operation)
        jobs.on_retried(services.follow_retry)
        jobs.periodic("requests-escalate", ESCALATE_EVERY_S, services.escalate_overdue)
        panels.register("operation.rail", request_of_operation)
