from django.urls import path

from provisioning.access.rest.views import (
    AccessRequests,
    GrantCredentials,
    GrantDetail,
    GrantExtend,
    GrantList,
    GrantRevoke,
    PortWrites,
)

urlpatterns = [
    path("access-requests", AccessRequests.as_view(), name="rest-access-requests"),
    path("port-writes", PortWrites.as_view(), name="rest-port-writes"),
    path("grants", GrantList.as_view(), name="rest-grants"),
    path("grants/<uuid:pk>", GrantDetail.as_view(), name="rest-grant"),
    path("grants/<uuid:pk>/extend", GrantExtend.as_view(), name="rest-grant-extend"),
    path("grants/<uuid:pk>/revoke", GrantRevoke.as_view(), name="rest-grant-revoke"),
    path("grants/<uuid:pk>/credentials", GrantCredentials.as_view(), name="rest-grant-credentials"),
]
