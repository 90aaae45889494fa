from django.urls import path

from provisioning.consent.views import answering

app_name = "consent"
urlpatterns = [
    path("consents/<int:pk>/answer/", answering.answer, name="answer"),
    path("consents/<int:pk>/overrule/", answering.overrule, name="overrule"),
]
