"""The built-in blueprints for repositories and areas, from the form's values to what is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.actors import Actor, system_actor
from accounts.models import Team, User
from core import outbox
from core.documents import dump_yaml, load_documents
from core.errors import Invalid
from core.ids import uuid7
from provisioning.blueprints.formats.builtin import BUILTIN
from provisioning.blueprints.formats.document import parse_blueprint, read_blueprint
from provisioning.blueprints.formats.placeholders import filled_spec
from provisioning.blueprints.models import Blueprint
from provisioning.blueprints.selectors.fitting import _sample_values
from provisioning.blueprints.services import (
    register_blueprint,
    register_builtin,
    withdraw_blueprint,
)
from provisioning.drivers.protocol import Step
from provisioning.drivers.registry import get_driver
from provisioning.drivers.services import TargetData, register_target
from tests.factories import TeamFactory, UserFactory, actor_for, member_of
from tests.provisioning.drivers.kit import quiet
from tests.provisioning.drivers.repositories import files_of
from tests.provisioning.drivers.storage import SECRET, s3_server

pytestmark = pytest.mark.django_db
TEXT = (BUILTIN / "repository.yaml").read_text()


@pytest.fixture
def platform() -> Team:
    return TeamFactory(slug="platform")


@pytest.fixture
def engineer(platform: Team) -> Actor:
    return actor_for(member_of(platform))


@pytest.fixture
def storage(settings: Any) -> Iterator[str]:
    with s3_server() as url:
        settings.OUTBOUND_HTTP = True
        settings.OUTBOUND_INNER_HOSTS = [url.removeprefix("http://")]
        yield url


def storage_of(url: str) -> tuple[dict[str, str], dict[str, str]]:
    return {"endpoint": url, "access_key": "AKIA"}, {"secret_key": SECRET}


def test_areas_are_offered_once_there_is_a_place_for_them(
    platform: Team, engineer: Actor, storage: str, client: Client
) -> None:
    register_builtin(actor=system_actor(), owner_team=platform)
    assert not Blueprint.objects.filter(slug="object-storage").exists()
    data = TargetData("object-storage", "Storage", "s3", platform, *storage_of(storage))
    client.force_login(User.objects.get(username=engineer.name))
    page = client.get("/services/").content.decode()
    assert "needs a target of kind <b>s3</b> called <code>object-storage</code>" in page
    assert "/targets/new/?driver=s3" in page
    client.force_login(UserFactory())
    page = client.get("/services/").content.decode()
    assert "called <code>object-storage</code>" in page
    assert "/targets/new/" not in page

    register_target(data=data, actor=engineer)
    while outbox.drain(limit=100):
        pass

    assert Blueprint.objects.get(slug="object-storage").owner == platform
    page = client.get("/services/").content.decode()
    assert "Not offered yet" not in page
    assert "/services/object-storage/" in page


def test_what_was_withdrawn_does_not_come_back_with_a_target(
    platform: Team, engineer: Actor, storage: str, client: Client
) -> None:
    register_builtin(actor=system_actor(), owner_team=platform)
    withdraw_blueprint(blueprint=Blueprint.objects.get(slug="sandbox"), actor=engineer)
    data = TargetData("object-storage", "Storage", "s3", platform, *storage_of(storage))
    register_target(data=data, actor=engineer)
    while outbox.drain(limit=100):
        pass

    assert Blueprint.objects.get(slug="sandbox").withdrawn_at is not None
    client.force_login(UserFactory())
    assert "Sandbox with an end" not in client.get("/services/").content.decode()


def test_the_target_of_another_team_offers_nothing(
    platform: Team, engineer: Actor, storage: str
) -> None:
    register_builtin(actor=system_actor(), owner_team=platform)
    other = TeamFactory()
    data = TargetData("object-storage", "Storage", "s3", other, *storage_of(storage))
    register_target(data=data, actor=actor_for(member_of(other)))
    while outbox.drain(limit=100):
        pass

    assert not Blueprint.objects.filter(slug="object-storage").exists()


def with_files(files: dict[str, Any], **spec: Any) -> str:
    data = load_documents(TEXT)[0].data
    data["steps"][0]["spec"] = {**data["steps"][0]["spec"], "files": files, **spec}
    return dump_yaml(data)


def test_a_team_brings_files_of_its_own_with_the_driver_s_placeholders(
    platform: Team, engineer: Actor
) -> None:
    text = with_files({"docs/${table}.md": {"text": "# ${title}", "when": {"checks": True}}})

    version, _ = register_blueprint(text=text, owner=platform, actor=engineer)

    assert "${title}" in str(version.document)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a.md": "${nobody}"}, "not given"),
        ({"a.md": {"text": "${parameters.purpose}"}}, "not given"),
        ({"a.md": {"text": "${nobody}", "when": {"checks": False}}}, "not given"),
        ({"a.md": {"text": "x", "when": {"nobody": True}}}, "not given"),
        ({"a.sql": "-- ${description}"}, "single word"),
        ({"../a.md": "x"}, "leaves its folder"),
        ({".git/config": "x"}, "not plain"),
        ({"a.md": 7}, ""),
    ],
)
def test_a_scaffold_that_could_not_be_made_is_refused_at_registration(
    files: dict[str, Any], reason: str, platform: Team, engineer: Actor
) -> None:
    with pytest.raises(Invalid) as caught:
        register_blueprint(text=with_files(files), owner=platform, actor=engineer)

    assert reason in " ".join(problem.message for problem in caught.value.problems)
    assert not Blueprint.objects.exists()


def test_an_unknown_scaffold_is_refused_at_registration(platform: Team, engineer: Actor) -> None:
    text = with_files({"a.md": "x"}, scaffold="nobody")

    with pytest.raises(Invalid) as caught:
        register_blueprint(text=text, owner=platform, actor=engineer)

    assert "There is no scaffold" in caught.value.problems[0].message


def test_what_somebody_types_is_not_read_for_placeholders(
    platform: Team, engineer: Actor, settings: Any, tmp_path: Path
) -> None:
    settings.GIT_FOLDER = tmp_path
    blueprint = parse_blueprint(read_blueprint(TEXT).data)
    values = _sample_values(blueprint, platform) | {"parameters.purpose": "${instance} {{7*7}}"}
    spec = filled_spec(blueprint.steps[0].spec, values)

    get_driver("git").ensure(Step("repository", uuid7(), spec, quiet), effect_key="k", fence=1)

    (path,) = (tmp_path / "repositories").iterdir()
    assert b"${instance} {{7*7}}" in files_of(path)["README.md"]
