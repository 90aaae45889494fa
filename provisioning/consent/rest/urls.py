from django.urls import path

from provisioning.consent.rest.views import ConsentAnswer, ConsentOverrule, Consents

urlpatterns = [
    path("consents", Consents.as_view(), name="rest-consents"),
    path("consents/<int:pk>/answer", ConsentAnswer.as_view(), name="rest-consent-answer"),
    path("consents/<int:pk>/overrule", ConsentOverrule.as_view(), name="rest-consent-overrule"),
]
