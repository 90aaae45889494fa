from django.urls import path

from provisioning.blueprints import views

app_name = "blueprints"
urlpatterns = [
    path("services/", views.services, name="services"),
    path("services/<slug:slug>/new/", views.request_new, name="request-new"),
    path("services/<slug:slug>/new/options/", views.options, name="options"),
    path("services/<slug:slug>/new/review/", views.review, name="review"),
]
