from django.urls import path

from provisioning.requests import views

app_name = "requests"
urlpatterns = [
    path("requests/", views.requests, name="requests"),
    path("requests/<uuid:pk>/", views.request_page, name="request"),
    path("requests/<uuid:pk>/decision/", views.decide, name="decide"),
    path("requests/<uuid:pk>/cancel/", views.cancel, name="cancel"),
    path("requests/<uuid:pk>/again/", views.again, name="again"),
    path("requests/<uuid:pk>/remind/", views.remind, name="remind"),
    path("approvals/", views.approvals, name="approvals"),
    path("approvals/decide/", views.decide_several, name="decide-several"),
    path("approvals/deputies/", views.deputies, name="deputies"),
    path("approvals/deputies/<int:pk>/end/", views.end_deputy, name="deputy-end"),
    path("approvals/rules/", views.rules, name="rules"),
    path("approvals/rules/new/", views.new_rule, name="rule-new"),
    path("approvals/rules/check/", views.check_rule, name="rule-check"),
    path("approvals/rules/<uuid:pk>/", views.rule, name="rule"),
    path("approvals/rules/<uuid:pk>/retire/", views.retire_rule, name="rule-retire"),
]
