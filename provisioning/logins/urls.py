from django.urls import path

from provisioning.logins.views import logins

app_name = "logins"
urlpatterns = [
    path("resources/<uuid:instance_id>/logins/", logins.logins, name="logins"),
    path("resources/<uuid:instance_id>/logins/make/", logins.make, name="make"),
    path("resources/<uuid:instance_id>/logins/reveal/", logins.reveal, name="reveal"),
    path("logins/<uuid:pk>/end/", logins.end, name="end"),
]
