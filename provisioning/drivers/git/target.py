"""Where repositories are made: the built-in folder, and servers that teams register."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings

from core.outbound import Refused, read_url
from core.problems import Problem
from provisioning.drivers.places import Opened, TargetKind, in_driver_words
from provisioning.drivers.protocol import PermanentError
from provisioning.drivers.targets import opened

if TYPE_CHECKING:
    from provisioning.drivers.git.remote import RemoteStore
    from provisioning.drivers.git.stores import Store

BUILT_IN: Final = "repositories"


def store(slug: str | None) -> Store:
    """Where to make repositories; None is the built-in folder.

    Raises:
        PermanentError: no such target.
    """
    from provisioning.drivers.git.folder import FolderStore  # dulwich weighs 20 MB

    if slug is None or slug == BUILT_IN:
        return FolderStore(
            Path(settings.GIT_FOLDER), settings.GIT_KEEP_DAYS, settings.GIT_PUBLIC_URL
        )
    return store_of(opened(slug, "git"))


def store_of(place: Opened) -> RemoteStore:
    """A registered server."""
    from provisioning.drivers.git.remote import RemoteStore  # dulwich weighs 20 MB

    return RemoteStore(
        str(place.config["url"]),
        user=str(place.config.get("user") or ""),
        token=place.secrets["token"],
    )


def _probe(place: Opened) -> str:
    """Ask for a repository; that the server takes our pushes is known only if there is one."""
    name = str(place.config.get("test_repository") or "meshport-probe")
    there = store_of(place)
    with in_driver_words():
        found = there.look(name)
    if found is not None:
        return f"Git server at {there.url}, {name} can be read"
    if place.config.get("test_repository"):
        raise PermanentError(f"There is no repository {name} at {there.url}.")
    return f"A server answers at {there.url}; name a test repository to try the token"


def _problems(place: Opened) -> Iterator[Problem]:
    try:
        where = read_url(str(place.config["url"]))
    except Refused as error:
        yield Problem("/config/url", "wrong-form", str(error))
    else:
        if "?" in where.target:
            yield Problem("/config/url", "wrong-form", "Leave out what begins with ?.")


KIND: Final = TargetKind(
    label="Git server",
    summary="Repositories are made from scaffolds on a server of your team.",
    config={
        "type": "object",
        "required": ["url"],
        "properties": {
            "url": {
                "type": "string",
                "title": "Base URL",
                "description": "https://host/path under which repositories are, without their"
                " name. The server makes them when they are pushed to, or they are there, empty.",
                "maxLength": 1000,
            },
            "user": {
                "type": "string",
                "title": "User of the token",
                "description": "As the server wants it; git if left empty.",
                "pattern": "^[A-Za-z0-9._@+-]{1,100}$",
            },
            "test_repository": {
                "type": "string",
                "title": "Repository to test with",
                "description": "One that is there and that the token may read.",
                "pattern": "^[A-Za-z0-9._-]{1,100}$",
            },
        },
    },
    secrets={
        "type": "object",
        "required": ["token"],
        "properties": {
            "token": {
                "type": "string",
                "title": "Token",
                "description": "Of a user who may push there.",
                "maxLength": 1000,
            }
        },
    },
    address="/config/url",
    probe=_probe,
    check=_problems,
)
