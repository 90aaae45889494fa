"""Domains that are asked for: below which one, called how, owned by whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from accounts.models import PATH_PATTERN, Domain, Team
from catalog.products.names import slugified
from catalog.products.selectors import name_problems
from core.problems import Problem
from provisioning.blueprints.formats.document import DOMAIN_KIND
from provisioning.blueprints.formats.names import name_problems as team_name_problems
from provisioning.jobs.models import Instance

LONGEST_PATH = Domain._meta.get_field("path").max_length


def is_top(instance: Instance) -> bool:
    """Whether the instance is a domain that lies below no other."""
    return instance.kind == DOMAIN_KIND and "." not in instance.name


def problems_of(
    given: Mapping[str, Any], slug: str, above: str, instance_id: UUID
) -> list[Problem]:
    """Why the domain cannot be made so.

    Args:
        above: the path of the domain above it; "" for none.
    """
    path = f"{above}.{slug}" if above else slug
    return [*_path_problems(path, slug, instance_id), *_team_problems(given)]


def _path_problems(path: str, slug: str, instance_id: UUID) -> Iterator[Problem]:
    if not re.fullmatch(PATH_PATTERN, path) or len(path) > (LONGEST_PATH or 0):
        message = "This lies too deep: eight domains, one below the other, are the most."
        yield Problem("/domain", "too-deep", message)
        return
    yield from name_problems(slug, path, None, "/name")
    asked = Instance.objects.alive().filter(kind=DOMAIN_KIND, name=path).exclude(pk=instance_id)
    if asked.exists():
        yield Problem("/name", "name-taken", f"A domain {path} is being made already.")


def _team_problems(given: Mapping[str, Any]) -> Iterator[Problem]:
    name = given.get("new_team")
    if name is None:
        return
    found = team_name_problems(name, "/new_team")
    slug = slugified(name)
    if not found and Team.objects.filter(slug=slug).exists():
        message = f"There is a team {slug} already; choose another name, or let that team own it."
        found = [Problem("/new_team", "name-taken", message)]
    yield from found
