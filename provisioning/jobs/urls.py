from django.urls import path

from provisioning.jobs.views import jobs, operations, resources

app_name = "jobs"
urlpatterns = [
    path("operations/", jobs.jobs, name="jobs"),
    path("operations/<uuid:operation_id>/", operations.operation, name="operation"),
    path("operations/<uuid:operation_id>/log.txt", operations.log, name="log"),
    path("operations/<uuid:operation_id>/cancel/", operations.cancel, name="cancel"),
    path("operations/<uuid:operation_id>/retry/", operations.retry, name="retry"),
    path("operations/<uuid:operation_id>/abandon/", operations.abandon, name="abandon"),
    path("resources/<uuid:instance_id>/repair/", resources.repair, name="repair"),
    path("resources/", resources.resources, name="resources"),
    path("resources/<uuid:instance_id>/", resources.resource, name="resource"),
]
