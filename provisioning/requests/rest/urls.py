from django.urls import path

from provisioning.requests.rest.views import (
    RequestCancel,
    RequestDecision,
    RequestDetail,
    RequestList,
)

urlpatterns = [
    path("requests", RequestList.as_view(), name="rest-requests"),
    path("requests/<uuid:pk>", RequestDetail.as_view(), name="rest-request"),
    path("requests/<uuid:pk>/decision", RequestDecision.as_view(), name="rest-request-decision"),
    path("requests/<uuid:pk>/cancel", RequestCancel.as_view(), name="rest-request-cancel"),
]
