"""People work in the repositories too: nothing of theirs is overwritten or lost."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from dulwich.repo import Repo
from pytest_django import Settings

from provisioning.drivers.git import GitDriver
from provisioning.drivers.git.folder import FolderStore
from provisioning.drivers.git.specs import repository_name
from provisioning.drivers.protocol import Observed, PermanentError, Step
from tests.provisioning.drivers import repositories
from tests.provisioning.drivers.repositories import MAIN, commits_of, files_of, push
from tests.provisioning.drivers.test_git_kit import NO_GIT, remote_driver

UPDATE = b"refs/heads/meshport/update-%d"
FILES = {"README.md": "# Orders\n", "src/a.sql": "SELECT 1\n", "src/b.sql": "SELECT 2\n"}


class Story:
    """One repository over its life, each step under a higher fence."""

    def __init__(self, driver: GitDriver, folder: Path) -> None:
        self.driver = driver
        self.id: UUID = uuid4()
        self.fence = 0
        self.lines: list[tuple[str, str]] = []
        self._folder = folder

    @property
    def path(self) -> Path:
        return self._folder / f"{repository_name(self.step({}))}.git"

    def step(self, files: dict[str, str], **more: Any) -> Step:
        spec = {"slug": "orders", "files": files, **more}
        return Step("repository", self.id, spec, self._keep)

    def ensure(self, changes: dict[str, str | None] | None = None) -> Observed:
        files = {name: text for name, text in {**FILES, **(changes or {})}.items() if text}
        self.fence += 1
        return self.driver.ensure(self.step(files), effect_key=f"k{self.fence}", fence=self.fence)

    def absent(self) -> Observed:
        self.fence += 1
        step = self.step(FILES)
        return self.driver.ensure_absent(step, effect_key=f"k{self.fence}", fence=self.fence)

    def _keep(self, level: str, _source: str, text: str) -> None:
        self.lines.append((level, text))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def folder_story(tmp_path: Path) -> Story:
    driver = GitDriver(lambda _target: FolderStore(tmp_path), lambda _instance: {})
    return Story(driver, tmp_path / "repositories")


@pytest.fixture
def server_story(settings: Settings, tmp_path: Path) -> Iterator[Story]:
    with repositories.git_server(tmp_path, makes=True) as url:
        settings.OUTBOUND_HTTP = True
        settings.OUTBOUND_INNER_HOSTS = [url.removeprefix("http://")]
        yield Story(remote_driver(url), tmp_path)


@pytest.fixture(params=["folder", pytest.param("server", marks=NO_GIT)])
def story(request: pytest.FixtureRequest) -> Story:
    return request.getfixturevalue(f"{request.param}_story")


def test_a_repository_says_what_it_is_for_and_by_which_step(story: Story) -> None:
    made = story.ensure()

    (commit,) = commits_of(story.path)
    assert commit.message.decode().splitlines()[-2:] == [
        f"Meshport-Instance: {story.id}",
        "Meshport-Effect: k1",
    ]
    assert str(story.id).encode() in files_of(story.path)[".meshport"]
    assert made.attributes["commit"] == commit.id.decode()
    assert made.fence == 1
    assert made.attributes["result"] == {"repository": made.attributes["repository"]}


def test_a_changed_scaffold_is_one_new_commit_and_the_same_one_none(story: Story) -> None:
    story.ensure()

    story.ensure({"src/a.sql": "SELECT 10\n", "src/b.sql": None, "new.md": "New\n"})
    story.ensure({"src/a.sql": "SELECT 10\n", "src/b.sql": None, "new.md": "New\n"})

    assert len(commits_of(story.path)) == 2
    files = files_of(story.path)
    assert (files["src/a.sql"], files["new.md"]) == (b"SELECT 10\n", b"New\n")
    assert "src/b.sql" not in files
    assert story.driver.observe(story.step(FILES)).fence == 3


def test_what_people_changed_elsewhere_stays_and_ours_goes_on_top(story: Story) -> None:
    story.ensure()
    push(story.path, {"src/b.sql": b"SELECT 3 -- mine\n", "own/notes.md": b"Mine\n"})

    story.ensure({"src/a.sql": "SELECT 10\n"})

    files = files_of(story.path)
    assert files["src/a.sql"] == b"SELECT 10\n"
    assert (files["src/b.sql"], files["own/notes.md"]) == (b"SELECT 3 -- mine\n", b"Mine\n")
    assert len(commits_of(story.path)) == 3


@pytest.mark.parametrize("theirs", [b"SELECT 3 -- mine\n", None], ids=["changed", "removed"])
def test_a_file_that_people_changed_is_offered_on_a_branch(
    story: Story, theirs: bytes | None
) -> None:
    story.ensure()
    tip = push(story.path, {"src/a.sql": theirs})

    made = story.ensure({"src/a.sql": "SELECT 10\n"})

    repo = Repo(str(story.path))
    assert repo.refs[MAIN] == tip
    assert files_of(story.path, UPDATE % 1)["src/a.sql"] == b"SELECT 10\n"
    assert len(commits_of(story.path, UPDATE % 1)) == 2
    assert made.exists
    said = [text for level, text in story.lines if level == "warning"]
    assert said == ["People changed src/a.sql: merge the branch meshport/update-1."]


def test_the_next_change_has_the_next_branch_until_ours_is_merged(story: Story) -> None:
    story.ensure()
    push(story.path, {"src/a.sql": b"mine\n"})
    story.ensure({"src/a.sql": "SELECT 10\n"})

    story.ensure({"src/a.sql": "SELECT 11\n"})
    assert files_of(story.path, UPDATE % 2)["src/a.sql"] == b"SELECT 11\n"
    push(story.path, {"src/a.sql": b"SELECT 11\n"})
    story.ensure({"src/a.sql": "SELECT 12\n"})

    assert files_of(story.path)["src/a.sql"] == b"SELECT 12\n"
    assert UPDATE % 3 not in Repo(str(story.path)).refs


def test_a_branch_of_people_that_is_called_like_ours_is_not_touched(story: Story) -> None:
    story.ensure()
    push(story.path, {"src/a.sql": b"mine\n"})
    theirs = push(story.path, {"own.md": b"mine\n"}, UPDATE % 1)

    story.ensure({"src/a.sql": "SELECT 10\n"})

    assert Repo(str(story.path)).refs[UPDATE % 1] == theirs
    assert files_of(story.path, UPDATE % 2)["src/a.sql"] == b"SELECT 10\n"


def test_a_folder_where_a_file_of_ours_was_is_a_change_of_people(story: Story) -> None:
    story.ensure()
    push(story.path, {"README.md": None})
    push(story.path, {"README.md/inside.md": b"mine\n"})

    story.ensure({"README.md": "# All orders\n"})

    assert files_of(story.path)["README.md/inside.md"] == b"mine\n"
    assert files_of(story.path, UPDATE % 1)["README.md"] == b"# All orders\n"


def test_a_repository_of_somebody_else_is_left_alone(folder_story: Story) -> None:
    story = folder_story
    story.ensure()
    taken = {"name": story.path.name.removesuffix(".git")}
    other = replace(story.step(FILES, **taken), instance_id=uuid4())
    before = repositories.snapshot(story.path.parent)

    with pytest.raises(PermanentError, match="in the way"):
        story.driver.ensure(other, effect_key="k", fence=1)
    gone = story.driver.ensure_absent(other, effect_key="k", fence=2)

    assert not gone.exists
    assert repositories.snapshot(story.path.parent) == before


def test_what_nobody_else_wrote_to_goes_into_the_archive_and_in_time_away(
    folder_story: Story, archive: Path
) -> None:
    folder_story.ensure()
    folder_story.absent()
    (retired,) = archive.iterdir()
    assert files_of(retired)["README.md"] == b"# Orders\n"

    old = retired.rename(archive / "orders-00000000.20200101T000000Z.git")
    folder_story.ensure()
    folder_story.absent()

    assert not old.exists()
    assert len(list(archive.iterdir())) == 1


@pytest.mark.parametrize("ref", [MAIN, b"refs/heads/feature", b"refs/tags/v1"])
def test_what_people_pushed_to_is_kept_for_good(
    folder_story: Story, archive: Path, ref: bytes
) -> None:
    folder_story.ensure()
    push(folder_story.path, {"own.md": b"mine\n"}, ref)

    gone = folder_story.absent()

    assert not gone.exists
    (kept,) = archive.iterdir()
    assert files_of(kept, ref)["own.md"] == b"mine\n"
    old = kept.rename(archive / "orders-00000000.20200101T000000Z.kept.git")
    folder_story.ensure()
    folder_story.absent()
    assert old.exists()
    assert any("kept for good" in text for _, text in folder_story.lines)


def test_what_a_dead_worker_left_half_made_goes(folder_story: Story, tmp_path: Path) -> None:
    folder_story.ensure()
    half, fresh = tmp_path / "new" / "half", tmp_path / "new" / "fresh"
    half.mkdir()
    fresh.mkdir()
    os.utime(half, (0, 0))

    folder_story.absent()

    assert not half.exists()
    assert fresh.exists()


@NO_GIT
def test_on_a_server_our_files_and_branches_go_and_people_s_work_stays(
    server_story: Story,
) -> None:
    story = server_story
    story.ensure()
    story.absent()
    assert files_of(story.path) == {}
    assert len(commits_of(story.path)) == 2

    story.ensure()
    assert files_of(story.path)["README.md"] == b"# Orders\n"
    push(story.path, {"README.md": b"mine\n"})
    story.ensure({"README.md": "# All orders\n"})
    gone = story.absent()

    assert not gone.exists
    assert files_of(story.path)["README.md"] == b"mine\n"
    assert UPDATE % 1 in Repo(str(story.path)).refs
    assert any("kept for good" in text for _, text in story.lines)


@NO_GIT
def test_a_push_that_comes_in_between_is_not_lost(
    server_story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody pushes after we looked and before we write: we look again."""
    from provisioning.drivers.git.remote import RemoteStore

    story = server_story
    story.ensure()
    real: Callable[..., None] = RemoteStore.write
    pushed: list[bytes] = []

    def late(*arguments: Any) -> None:
        if not pushed:
            pushed.append(push(story.path, {"own.md": b"mine\n"}))
        real(*arguments)

    monkeypatch.setattr(RemoteStore, "write", late)
    story.ensure({"src/a.sql": "SELECT 10\n"})

    files = files_of(story.path)
    assert (files["own.md"], files["src/a.sql"]) == (b"mine\n", b"SELECT 10\n")
