from django.urls import path

from catalog.governance.rest import views

urlpatterns = [
    path("policies", views.Policies.as_view(), name="policies"),
    path("policies/<slug:slug>", views.OnePolicy.as_view(), name="policy"),
    path("policies/<slug:slug>/enforce", views.Enforce.as_view(), name="policy-enforce"),
    path("policies/<slug:slug>/retire", views.Retire.as_view(), name="policy-retire"),
    path("terms", views.Terms.as_view(), name="terms"),
    path("terms/<uuid:term_id>", views.OneTerm.as_view(), name="term"),
    path("classifications", views.Classifications.as_view(), name="classifications"),
]
