from django.urls import path

from accounts.rest import programs, tokens

urlpatterns = [
    path("tokens", tokens.Tokens.as_view(), name="tokens"),
    path("tokens/<int:pk>", tokens.Token.as_view(), name="token"),
    path("tokens/<int:pk>/revoke", tokens.Revoke.as_view(), name="token-revoke"),
    path("service-accounts", programs.ServiceAccounts.as_view(), name="service-accounts"),
    path("service-accounts/<str:name>", programs.ServiceAccount.as_view(), name="service-account"),
    path("service-accounts/<str:name>/end", programs.End.as_view(), name="service-account-end"),
]
