from django.urls import path, register_converter

from provisioning.blueprints import views
from provisioning.blueprints.states import FORM_ACTIONS

app_name = "blueprints"


class FormAction:
    """What a form changes: update or upgrade."""

    regex = "|".join(FORM_ACTIONS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(FormAction, "form_action")

urlpatterns = [
    path("services/", views.services, name="services"),
    path("services/register/", views.register, name="register"),
    path("services/<slug:slug>/", views.blueprint, name="blueprint"),
    path("services/<slug:slug>/withdraw/", views.withdraw, name="withdraw"),
    path("services/<slug:slug>/new/", views.request_new, name="request-new"),
    path("services/<slug:slug>/new/options/", views.options, name="options"),
    path("services/<slug:slug>/new/review/", views.review, name="review"),
    path("targets/<slug:slug>/offers/", views.offers, name="offers"),
    path("resources/<uuid:instance_id>/retire/", views.retire, name="retire"),
    path("resources/<uuid:instance_id>/<form_action:action>/", views.change, name="change"),
    path(
        "resources/<uuid:instance_id>/<form_action:action>/review/",
        views.change_review,
        name="change-review",
    ),
]
