"""Login, logout and one's own tokens."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.models import ApiToken, User
from accounts.states import Scope
from core.errors import Invalid

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


@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own API tokens; a new one is shown once."""
    assert isinstance(request.user, User)
    context: dict[str, Any] = {"scopes": Scope, "new_token": None, "problems": (), "values": {}}
    status = 200
    if request.method == "POST":
        status = _create(request, request.user, context)
    context["tokens"] = ApiToken.objects.filter(user=request.user, revoked_at__isnull=True)[:100]
    return render(request, "accounts/tokens.html", context, status=status)


def _create(request: HttpRequest, user: User, context: dict[str, Any]) -> int:
    days = request.POST.get("days", "90")
    name = request.POST.get("name", "").strip()
    chosen = request.POST.getlist("scope")
    try:
        _, context["new_token"] = services.create_token(
            user=user,
            name=name[:120] or "Token",
            scopes=chosen,
            days=int(days) if days.isdecimal() else 0,
        )
    except Invalid as error:
        context["problems"] = error.problems
        context["values"] = {"name": name, "days": days, "scope": chosen}
        return 422
    return 201


@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    services.revoke_token(token_id=pk, actor=request.actor)  # type: ignore[attr-defined]
    messages.success(request, "The token was revoked. Scripts that use it are refused from now on.")
    return redirect("accounts:tokens")
