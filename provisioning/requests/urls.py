from django.urls import path

from provisioning.requests import views

app_name = "requests"
urlpatterns = [
    path("requests/", views.requests, name="requests"),
    path("requests/<uuid:pk>/", views.request_page, name="request"),
    path("requests/<uuid:pk>/decision/", views.decide, name="decide"),
    path("requests/<uuid:pk>/cancel/", views.cancel, name="cancel"),
    path("requests/<uuid:pk>/again/", views.again, name="again"),
    path("approvals/", views.approvals, name="approvals"),
]
