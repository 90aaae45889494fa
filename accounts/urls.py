from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.views import login, programs, tokens

app_name = "accounts"
urlpatterns = [
    path("accounts/login/", login.Login.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/password/<uidb64>/<token>/", login.SetPassword.as_view(), name="set-password"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/<int:pk>/revoke/", tokens.token_revoke, name="token-revoke"),
    path("settings/service-accounts/", programs.programs, name="programs"),
    path("settings/service-accounts/<str:name>/end/", programs.program_end, name="program-end"),
]
