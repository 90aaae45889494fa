"""Targets of teams as servers of their own, and what each of them says that it holds.

What is read here is the servers' own state, by their own means: never a driver.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from uuid import UUID

from dulwich.objects import Commit, Tree
from dulwich.repo import Repo

from core.outbound.signing import new_secret
from tests.chaos.evidence import Thing
from tests.provisioning.drivers import storage
from tests.provisioning.drivers.adapter import Adapter
from tests.provisioning.drivers.broker import PASSWORD, USER, Server
from tests.provisioning.drivers.receiver import Receiver
from tests.provisioning.drivers.repositories import MAIN, TOKEN, bare, commits_of, files_of

NOBODY = UUID(int=0)
RECORDS = "meshport-records"
ALIEN = "taken"  # a repository, and a name that the receiver refuses
FENCE = b"refs/meshport/fence"
GRANT = re.compile(r"MeshportGrant([0-9a-f]{32})Objects")
URN = re.compile(r"urn:dmb:cmp:[^:]+:p-([0-9a-f]{32}):.*")


@dataclass(frozen=True)
class Held:
    """Something that a target holds or held; `times` is how often it was made or changed."""

    kind: str
    name: str
    instance: UUID
    there: bool
    detail: Any
    times: int = 0


def things_in(place: Place) -> list[Thing]:
    """What is there now."""
    return [Thing(each.kind, each.name, each.instance) for each in place.held() if each.there]


class Place:
    """One server. `config` and `secrets` are those of a registered target."""

    slug: ClassVar[str]
    driver: ClassVar[str]
    repeats: ClassVar[bool] = False  # it may be told again what nobody heard the answer to
    config: Mapping[str, Any]
    secrets: Mapping[str, str] = {}

    @property
    def hosts(self) -> list[str]:
        """What workers may call."""
        return [urlsplit(str(url)).netloc for url in self.config.values() if "://" in str(url)]

    def held(self) -> Iterator[Held]:
        raise NotImplementedError

    def fences(self) -> Mapping[UUID, int]:
        """The highest fence that it knows of each instance, where it keeps them."""
        return {}

    def empty(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """End the server, where it is ours to end."""


class Hook(Place):
    slug, driver = "hook", "webhook"

    def __init__(self) -> None:
        secret = new_secret()
        self.receiver = Receiver(secret)
        self.receiver.refused = {ALIEN}
        self.config, self.secrets = {"url": self.receiver.url}, {"signing_secret": secret}

    def held(self) -> Iterator[Held]:
        """A receiver tells steps by their keys: two keys for one step are two effects."""
        things, made = self.receiver.things, self.receiver.made
        for key, times in made.items():
            instance, kind, name = key
            keys = {
                each["key"]
                for each in self.receiver.requests
                if each["verb"] == "ensure"
                and (each["instance"], each["resource"]["name"]) == (instance, name)
            }
            seen = [things.get(key), len(keys)]
            yield Held(kind, name, UUID(instance), key in things, seen, times)

    def fences(self) -> Mapping[UUID, int]:
        found: dict[UUID, int] = {}
        for (instance, _, _), fence in self.receiver.fences.items():
            found[UUID(instance)] = max(fence, found.get(UUID(instance), 0))
        return found

    def empty(self) -> None:
        for part in ("things", "fences", "made", "requests"):
            getattr(self.receiver, part).clear()

    def close(self) -> None:
        self.receiver.close()


class Repositories(Place):
    """A folder of bare repositories; the built-in one has an archive besides it."""

    driver = "git"

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder, self.url = folder, url
        self.slug = "gits" if url else "repositories"  # type: ignore[misc]
        self.config, self.secrets = {"url": url, "user": "portal"}, {"token": TOKEN}

    @property
    def live(self) -> Path:
        return self.folder if self.url else self.folder / "repositories"

    def held(self) -> Iterator[Held]:
        for path in sorted(self.live.glob("*.git")):
            base = self.url or str(self.live)
            yield from self._repository(path, f"{base}/{path.name}", "repository")
        for path in sorted((self.folder / "archive").glob("*.git")):
            yield from self._repository(path, path.name.partition(".")[0], "archived")

    def _repository(self, path: Path, name: str, kind: str) -> Iterator[Held]:
        repo = Repo(str(path))
        refs = sorted(repo.get_refs())
        if FENCE not in refs:  # somebody else's
            return
        label = json.loads(repo[repo.refs[FENCE]].message.partition(b"\n\n")[2])
        files = files_of(path)
        there = bool(files) and kind == "repository"
        shown = {each: text.decode() for each, text in files.items()}
        shown.pop(".meshport", None)  # it tells the fence
        commits = len(commits_of(path)) if MAIN in refs else 0
        seen = [[str(each) for each in refs], shown, label["state"]]
        yield Held(kind, name, UUID(label["instance"]), there, seen, commits)

    def empty(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.live.mkdir(parents=True)
        _strangers(bare(self.live, f"{ALIEN}.git"))


def _strangers(path: Path) -> None:
    """A commit that is not the portal's."""
    repo, tree, commit = Repo(str(path)), Tree(), Commit()
    commit.tree, commit.message = tree.id, b"My own work"
    commit.author = commit.committer = b"Ada <ada@example.org>"
    commit.author_time = commit.commit_time = 1_700_000_000
    commit.author_timezone = commit.commit_timezone = 0
    repo.object_store.add_objects([(tree, None), (commit, None)])
    repo.refs[MAIN] = commit.id


class Lake(Place):
    slug, driver = "lake", "s3"

    def __init__(self, url: str) -> None:
        self.url = url
        self.config = {"endpoint": url, "region": "eu-central-1", "access_key": "AKIACANARY"}
        self.secrets = {"secret_key": storage.SECRET}

    def held(self) -> Iterator[Held]:
        for bucket, seen in storage.snapshot(self.url).items():
            if bucket == RECORDS:
                for key, record in seen["objects"].items():
                    yield Held("record", key, UUID(key.rpartition("/")[2]), True, record)
                continue
            owner = UUID(seen.get("tags", {}).get("meshport-instance", str(NOBODY)))
            yield Held("area", f"s3://{bucket}/", owner, True, seen)
            for statement in storage.statements(self.url, bucket):
                yield from _granted(bucket, statement)

    def fences(self) -> Mapping[UUID, int]:
        s3, bucket = storage.client_of(self.url), RECORDS
        found = s3.list_objects_v2(Bucket=bucket, Prefix=".meshport/fences/").get("Contents", [])
        return {
            UUID(each["Key"].rpartition("/")[2]): json.loads(
                s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
            )["fence"]
            for each in found
        }

    def empty(self) -> None:
        urlopen(Request(f"{self.url}/moto-api/reset", method="POST"), timeout=10).close()
        place = {"LocationConstraint": "eu-central-1"}  # made by whoever comes first
        s3 = storage.client_of(self.url)
        s3.create_bucket(Bucket=RECORDS, CreateBucketConfiguration=place)


def _granted(bucket: str, statement: Mapping[str, Any]) -> Iterator[Held]:
    found = GRANT.fullmatch(statement["Sid"])
    if found:
        for principal in statement["Principal"]["AWS"]:
            name = f"{principal} on s3://{bucket}/"
            yield Held("area-grant", name, UUID(found[1]), True, statement)


class Broker(Place):
    slug, driver = "brokers", "osb"

    def __init__(self) -> None:
        self.server = Server()
        self.config = {"url": self.server.url, "username": USER}
        self.secrets = {"password": PASSWORD}

    def held(self) -> Iterator[Held]:
        held, made = self.server.holds(), self.server.broker.made
        for key in sorted({*held["instances"], *made}):
            seen = held["instances"].get(key)
            name, there = f"database {key}", seen is not None
            yield Held("service instance", name, UUID(key), there, seen, made[key])
        for key, seen in held["bindings"].items():
            yield Held("service binding", f"database {key}", UUID(seen["of"]), True, seen["of"])
        for key in held["at work"]:
            yield Held("operation", key, NOBODY, True, None)

    def empty(self) -> None:
        broker = self.server.broker
        for part in (broker.instances, broker.bindings, broker.operations, broker.ended):
            part.clear()
        broker.made.clear()

    def close(self) -> None:
        self.server.close()


class TechAdapter(Place):
    driver, repeats = "witboost", True

    def __init__(self, slug: str, looks: int) -> None:
        self.slug = slug  # type: ignore[misc]
        self.adapter = Adapter()
        self.adapter.slow = looks
        self.config = {"url": self.adapter.url}

    def held(self) -> Iterator[Held]:
        holds = self.adapter.holds()
        for urn, times in self.adapter.made.items():
            seen = holds["components"].get(urn)
            yield Held("component", urn, _owner(urn), seen is not None, seen, times)
        for urn, readers in holds["readers"].items():
            yield Held("acl", urn, _owner(urn), True, readers)

    def empty(self) -> None:
        adapter = self.adapter
        for part in (adapter.components, adapter.readers, adapter.tasks, adapter.made):
            part.clear()

    def close(self) -> None:
        self.adapter.close()


def _owner(urn: str) -> UUID:
    found = URN.fullmatch(urn)
    return UUID(found[1]) if found else NOBODY
