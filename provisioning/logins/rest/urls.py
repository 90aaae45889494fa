from django.urls import path

from provisioning.logins.rest.views import ResourceCredentials, ResourceLoginEnd, ResourceLogins

urlpatterns = [
    path("resources/<uuid:instance_id>/logins", ResourceLogins.as_view(), name="rest-logins"),
    path(
        "resources/<uuid:instance_id>/credentials",
        ResourceCredentials.as_view(),
        name="rest-resource-credentials",
    ),
    path("logins/<uuid:pk>/end", ResourceLoginEnd.as_view(), name="rest-login-end"),
]
