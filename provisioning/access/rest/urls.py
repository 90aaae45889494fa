from django.urls import path

from provisioning.access.rest.asking import AccessRequestAmend, AccessRequestsBatch
from provisioning.access.rest.checks import CheckExamples, CheckQuery
from provisioning.access.rest.views import (
    AccessRequests,
    GrantCredentials,
    GrantDetail,
    GrantExtend,
    GrantList,
    GrantRevoke,
    GrantSample,
    GrantStory,
    PortWrites,
)

urlpatterns = [
    path("access-requests", AccessRequests.as_view(), name="rest-access-requests"),
    path("access-requests/batch", AccessRequestsBatch.as_view(), name="rest-access-requests-batch"),
    path(
        "access-requests/<uuid:pk>/amend",
        AccessRequestAmend.as_view(),
        name="rest-access-request-amend",
    ),
    path("port-writes", PortWrites.as_view(), name="rest-port-writes"),
    path("grants", GrantList.as_view(), name="rest-grants"),
    path("grants/<uuid:pk>", GrantDetail.as_view(), name="rest-grant"),
    path("grants/<uuid:pk>/extend", GrantExtend.as_view(), name="rest-grant-extend"),
    path("grants/<uuid:pk>/revoke", GrantRevoke.as_view(), name="rest-grant-revoke"),
    path("grants/<uuid:pk>/story", GrantStory.as_view(), name="rest-grant-story"),
    path("grants/<uuid:pk>/sample", GrantSample.as_view(), name="rest-grant-sample"),
    path(
        "products/<str:fqn>/quality/checks/<int:pk>/examples",
        CheckExamples.as_view(),
        name="rest-check-examples",
    ),
    path(
        "products/<str:fqn>/quality/checks/<int:pk>/query",
        CheckQuery.as_view(),
        name="rest-check-query",
    ),
    path("grants/<uuid:pk>/credentials", GrantCredentials.as_view(), name="rest-grant-credentials"),
]
