from django.urls import path

from provisioning.drivers.rest import views

urlpatterns = [
    path("target-kinds", views.TargetKinds.as_view(), name="target-kinds"),
    path("targets", views.Targets.as_view(), name="targets"),
    path("targets/<str:slug>", views.TargetItem.as_view(), name="target"),
    path("targets/<str:slug>/check", views.TargetCheck.as_view(), name="target-check"),
]
