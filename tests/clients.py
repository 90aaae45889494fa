"""People with a browser, and their scripts."""

from django.test import Client

from accounts.models import User
from accounts.services import create_token


def browser(user: User) -> Client:
    """A client that `user` logged in with."""
    client = Client()
    client.force_login(user)
    return client


def script(user: User) -> dict[str, str]:
    """Headers of a script that reads and writes as `user`."""
    _, text = create_token(user=user, name="test", scopes=["read", "write"])
    return {"Authorization": f"Bearer {text}"}
