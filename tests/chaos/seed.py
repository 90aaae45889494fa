"""`python -m tests.chaos.seed`: domains, three blueprints, and a token, which it prints."""

from __future__ import annotations

import sys

import django

STEPS = """
steps:
  - {name: Put a, driver: shelf, action: put, spec: {name: a}}
  - {name: Put b, driver: shelf, action: put, spec: {name: b}}
  - {name: Put c, driver: shelf, action: put, spec: {name: c}}
"""
REFUSED = "  - {name: Put d, driver: shelf, action: refuse, spec: {name: d}}\n"


DOMAINS = ("sales", *(f"small{n}" for n in range(10)))


def main() -> None:
    django.setup()
    from accounts.actors import system_actor
    from accounts.models import Membership
    from accounts.services import create_token
    from accounts.states import TeamRole
    from provisioning.blueprints.formats.builtin import BUILTIN
    from provisioning.blueprints.services import register_blueprint
    from tests.factories import DomainFactory, TeamFactory, UserFactory

    owner = UserFactory(username="olga")
    for path in DOMAINS:
        domain = DomainFactory(path=path, name=path.title())
        team = TeamFactory(slug=f"{path}-data", name=f"{path.title()} Data team", domain=domain)
        domain.owner = team
        domain.save()
        Membership.objects.create(user=owner, team=team, role=TeamRole.OWNER)
    platform = TeamFactory(slug="data-platform", name="Data Platform team", domain=None)
    real = (BUILTIN / "data-product-postgresql.yaml").read_text()
    head = real[: real.index("\nsteps:")]
    for name, text in {
        "data-product-postgresql": real,
        "chaos-shelf": head + STEPS,
        "chaos-refused": head + STEPS + REFUSED,
    }.items():
        renamed = text.replace("name: data-product-postgresql", f"name: {name}", 1)
        register_blueprint(text=renamed, owner=platform, actor=system_actor())
    _, token = create_token(user=owner, name="chaos", scopes=("read", "write"))
    sys.stdout.write(token)


if __name__ == "__main__":
    main()
