"""Who may log in with a browser."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.models import User


class PeopleBackend(ModelBackend):
    """Active people. A service account has tokens only, whatever its password or session."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Asked at the login and again for each request of a session."""
        if isinstance(user, User) and user.is_service_account:
            return False
        return super().user_can_authenticate(user)
