from django.urls import path

from provisioning.access.views import asking, grants

app_name = "access"
urlpatterns = [
    path("access/", grants.mine, name="mine"),
    path("access/new/", asking.ask, name="ask"),
    path("access/<uuid:pk>/", grants.grant, name="grant"),
    path("access/<uuid:pk>/password/", grants.reveal, name="reveal"),
    path("access/<uuid:pk>/new-password/", grants.new_password, name="new-password"),
    path("access/<uuid:pk>/revoke/", grants.revoke, name="revoke"),
]
