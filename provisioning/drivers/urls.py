from django.urls import path

from provisioning.drivers.views import targets

app_name = "drivers"
urlpatterns = [
    path("targets/", targets.index, name="targets"),
    path("targets/new/", targets.new, name="target-new"),
    path("targets/<slug:slug>/", targets.target, name="target"),
    path("targets/<slug:slug>/edit/", targets.edit, name="target-edit"),
    path("targets/<slug:slug>/check/", targets.check, name="target-check"),
    path("targets/<slug:slug>/retire/", targets.retire, name="target-retire"),
]
