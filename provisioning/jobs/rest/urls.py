from django.urls import path

from provisioning.jobs.rest import checks, views

urlpatterns = [
    path("operations", views.OperationList.as_view(), name="operations"),
    path("operations/<uuid:operation_id>", views.OperationDetail.as_view(), name="operation"),
    path(
        "operations/<uuid:operation_id>/cancel",
        views.OperationCancel.as_view(),
        name="operation-cancel",
    ),
    path(
        "operations/<uuid:operation_id>/retry",
        views.OperationRetry.as_view(),
        name="operation-retry",
    ),
    path(
        "operations/<uuid:operation_id>/abandon",
        views.OperationAbandon.as_view(),
        name="operation-abandon",
    ),
    path("resources/<uuid:instance_id>/repair", views.Repair.as_view(), name="resource-repair"),
    path(
        "products/<str:fqn>/quality/checks/<int:check_id>/run",
        checks.CheckRun.as_view(),
        name="check-run",
    ),
    path("resources", views.ResourceList.as_view(), name="resources"),
]
