"""The driver kit over the git driver: a folder, dulwich's server, and git's own if it is here."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from dulwich import porcelain
from pytest_django import Settings

from provisioning.drivers.git import GitDriver
from provisioning.drivers.git.folder import FolderStore
from provisioning.drivers.git.remote import RemoteStore
from provisioning.drivers.git.specs import repository_name
from tests.provisioning.drivers import kit, repositories
from tests.provisioning.drivers.kit import Case
from tests.provisioning.drivers.repositories import TOKEN, snapshot

NO_GIT = pytest.mark.skipif(not repositories.has_git(), reason="there is no git here")

# Runs one verb and ends the process at a border, which is a call that writes.
PROGRAM = """
import json, os, pathlib, uuid
given = json.loads({given!r})
from dulwich.refs import DiskRefsContainer
from dulwich.object_store import DiskObjectStore
from provisioning.drivers.git import GitDriver
from provisioning.drivers.git.folder import FolderStore
from provisioning.drivers.protocol import Step
calls = []
def dying(real):
    def call(*args, **more):
        calls.append(1)
        last = len(calls) == given["nth"]
        if last and given["border"] == "before":
            os._exit(9)
        answer = real(*args, **more)
        if last:
            os._exit(9)
        return answer
    return call
if given["call"] == "ref":
    DiskRefsContainer.set_if_equals = dying(DiskRefsContainer.set_if_equals)
    DiskRefsContainer.add_if_new = dying(DiskRefsContainer.add_if_new)
elif given["call"] == "object":
    DiskObjectStore.add_object = dying(DiskObjectStore.add_object)
else:
    pathlib.Path.rename = dying(pathlib.Path.rename)
driver = GitDriver(lambda _t: FolderStore(pathlib.Path(given["root"])), lambda _i: dict())
step = Step("repository", uuid.UUID(given["instance"]), given["spec"], lambda *_a: None)
getattr(driver, given["verb"])(step, effect_key="k", fence=3)
"""


def case_of(slug: str = "orders", **more: Any) -> Case:
    values = {"domain": "sales", "team": "orders-team"}
    return Case("repository", {"slug": slug, "values": values, **more}, uuid4())


def folder_driver(root: Path) -> GitDriver:
    return GitDriver(lambda _target: FolderStore(root), lambda _instance: {})


def remote_driver(url: str) -> GitDriver:
    store = RemoteStore(url, user="portal", token=TOKEN)
    return GitDriver(lambda _target: store, lambda _instance: {})


@pytest.mark.parametrize("rule", kit.RULES, ids=lambda rule: rule.__name__)
def test_a_folder_keeps_the_rules_of_the_kit(rule: Callable[..., None], tmp_path: Path) -> None:
    rule(folder_driver(tmp_path), case_of(), lambda: snapshot(tmp_path / "repositories"))


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> Iterator[tuple[GitDriver, Path]]:
    with repositories.git_server(tmp_path) as url:
        settings.OUTBOUND_HTTP = True
        settings.OUTBOUND_INNER_HOSTS = [url.removeprefix("http://")]
        yield remote_driver(url), tmp_path


@NO_GIT
@pytest.mark.parametrize("rule", kit.RULES, ids=lambda rule: rule.__name__)
def test_a_git_server_keeps_the_rules_of_the_kit(
    rule: Callable[..., None], served: tuple[GitDriver, Path]
) -> None:
    driver, folder = served
    case = case_of()
    repositories.bare(folder, f"{repository_name(case.step)}.git")

    rule(driver, case, lambda: snapshot(folder))


@pytest.mark.parametrize(
    "rule",
    [each for each in kit.RULES if each is not kit.many_at_once_is_once],
    ids=lambda rule: rule.__name__,
)
def test_a_server_without_git_keeps_the_rules_of_the_kit(
    rule: Callable[..., None], settings: Settings, tmp_path: Path
) -> None:
    """dulwich's server says yes to a push that lost a race: several at once are git's to prove."""
    case = case_of()
    repositories.bare(tmp_path, f"{repository_name(case.step)}.git")
    with repositories.dulwich_server(tmp_path) as url:
        settings.OUTBOUND_HTTP = True
        settings.OUTBOUND_INNER_HOSTS = [url.removeprefix("http://")]
        rule(remote_driver(url), case, lambda: snapshot(tmp_path))


BORDERS = [
    *(("ensure", "object", nth, "after") for nth in (1, 5)),
    *(("ensure", "ref", nth, border) for nth in (1, 2, 3) for border in ("before", "after")),
    *(
        (verb, "rename", 1, border)
        for verb in ("ensure", "ensure_absent")
        for border in ("before", "after")
    ),
]


@pytest.mark.parametrize(("verb", "call", "nth", "border"), BORDERS)
def test_a_worker_that_dies_at_a_border_leaves_one_effect(
    verb: str, call: str, nth: int, border: str, tmp_path: Path
) -> None:
    case = case_of()
    given = {
        "root": str(tmp_path),
        "instance": str(case.instance_id),
        "spec": case.spec,
        "verb": verb,
        "call": call,
        "nth": nth,
        "border": border,
    }
    program = PROGRAM.format(given=json.dumps(given))

    kit.killed_then_repeated(
        folder_driver(tmp_path), case, lambda: snapshot(tmp_path / "repositories"), program, verb
    )

    if verb == "ensure":
        (path,) = (tmp_path / "repositories").iterdir()
        assert len(repositories.commits_of(path)) == 1


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("border", ["before", "after"])
@pytest.mark.parametrize("touched", [False, True])
def test_a_worker_that_dies_in_a_change_leaves_one_commit(
    nth: int, border: str, touched: bool, tmp_path: Path
) -> None:
    driver, case = folder_driver(tmp_path), case_of()
    driver.ensure(case.step, effect_key="first", fence=1)
    (path,) = (tmp_path / "repositories").iterdir()
    if touched:
        repositories.push(path, {"README.md": b"Mine.\n"})
    changed = Case("repository", {**case.spec, "title": "All orders"}, case.instance_id)
    given = {
        "root": str(tmp_path),
        "instance": str(case.instance_id),
        "spec": changed.spec,
        "verb": "ensure",
        "call": "ref",
        "nth": nth,
        "border": border,
    }
    before = len(repositories.commits_of(path))

    kit.die(PROGRAM.format(given=json.dumps(given)))
    driver.ensure(changed.step, effect_key="k", fence=4)

    branch = b"refs/heads/meshport/update-1" if touched else repositories.MAIN
    assert b"# All orders" in repositories.files_of(path, branch)["README.md"]
    assert len(repositories.commits_of(path)) == before + (0 if touched else 1)
    assert len(repositories.commits_of(path, branch)) == 2
    assert not (path / "refs/heads/meshport/update-2").exists()


@pytest.mark.parametrize("name", kit.HOSTILE_NAMES)
def test_hostile_names_make_plain_repositories(name: str, tmp_path: Path) -> None:
    case = case_of(name, title=name, description=name, values={"domain": name})

    made = folder_driver(tmp_path).ensure(case.step, effect_key="k", fence=1)

    (path,) = (tmp_path / "repositories").iterdir()
    assert made.attributes["repository"] == str(path)
    assert path.name.removesuffix(".git").replace("-", "").isalnum()
    assert path.name.isascii()
    assert {each.name for each in tmp_path.iterdir()} == {
        "repositories",
        "archive",
        "fences",
        "new",
    }
    assert not folder_driver(tmp_path).ensure_absent(case.step, effect_key="k", fence=2).exists


def test_it_can_be_cloned(tmp_path: Path) -> None:
    made = folder_driver(tmp_path / "store").ensure(case_of().step, effect_key="k", fence=1)

    porcelain.clone(made.attributes["repository"], str(tmp_path / "clone")).close()

    assert (tmp_path / "clone" / "README.md").read_text().startswith("# orders")


@NO_GIT
def test_it_can_be_cloned_and_is_whole_for_git(tmp_path: Path) -> None:
    made = folder_driver(tmp_path / "store").ensure(case_of().step, effect_key="k", fence=1)
    where = made.attributes["repository"]

    subprocess.run(["git", "clone", "-q", where, tmp_path / "clone"], check=True)
    checked = subprocess.run(
        ["git", "-C", where, "fsck", "--strict"], capture_output=True, check=True
    )

    assert (tmp_path / "clone" / "README.md").read_text().startswith("# orders")
    assert b"error" not in checked.stderr
