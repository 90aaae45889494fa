"""Login and logout."""

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy

DEMO_ACCOUNTS = ("consumer", "owner", "steward", "platform", "admin")


class Login(LoginView):
    """The login page; lists the demo accounts in demo mode."""

    template_name = "accounts/login.html"
    redirect_authenticated_user = True
    authentication_form = AuthenticationForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        accounts = DEMO_ACCOUNTS if settings.DEMO else ()
        return super().get_context_data(demo_accounts=accounts, **kwargs)


class SetPassword(PasswordResetConfirmView):
    """Where a one-time link leads: choose a password, then log in."""

    template_name = "accounts/set_password.html"
    success_url = reverse_lazy("accounts:login")


def locked_out(
    request: HttpRequest, credentials: Any = None, *args: Any, **kwargs: Any
) -> HttpResponse:
    """Too many failed logins: the same page with the reason and when to come back."""
    form = AuthenticationForm(request)
    form.cleaned_data = {}
    form.add_error(None, "Too many attempts. Wait 15 minutes and try again.")
    context = {"form": form, "demo_accounts": DEMO_ACCOUNTS if settings.DEMO else ()}
    response = render(request, "accounts/login.html", context, status=429)
    response["Retry-After"] = "900"
    return response
