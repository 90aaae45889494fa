"""Repositories as people see them, and servers that keep them."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from dulwich.object_store import commit_tree_changes, iter_tree_contents
from dulwich.objects import Blob, Commit
from dulwich.repo import Repo
from dulwich.server import Backend
from dulwich.web import make_wsgi_chain

MAIN = b"refs/heads/main"
TOKEN = "canary-token"


def files_of(path: Path, ref: bytes = MAIN) -> dict[str, bytes]:
    """The files of a branch."""
    repo = Repo(str(path))
    if ref not in repo.refs:
        return {}
    entries = iter_tree_contents(repo.object_store, repo[repo.refs[ref]].tree)
    return {entry.path.decode(): repo[entry.sha].data for entry in entries}


def commits_of(path: Path, ref: bytes = MAIN) -> list[Commit]:
    """The commits of a branch, the newest first."""
    repo = Repo(str(path))
    return [entry.commit for entry in repo.get_walker(include=[repo.refs[ref]])]


def push(path: Path, changes: Mapping[str, bytes | None], ref: bytes = MAIN) -> bytes:
    """A commit of a person on top of a branch; None removes a file."""
    repo = Repo(str(path))
    parent = repo.refs[ref] if ref in repo.refs else repo.refs[MAIN]
    tree = repo[parent].tree
    entries = []
    for name, content in changes.items():
        if content is None:
            entries.append((name.encode(), None, None))
            continue
        blob = Blob.from_string(content)
        repo.object_store.add_object(blob)
        entries.append((name.encode(), 0o100644, blob.id))
    base = repo[tree]
    commit = Commit()
    commit.tree = commit_tree_changes(repo.object_store, base, entries)
    commit.parents = [parent]
    commit.author = commit.committer = b"Ada <ada@example.org>"
    commit.author_time = commit.commit_time = 1_700_000_000
    commit.author_timezone = commit.commit_timezone = 0
    commit.message = b"My own work"
    repo.object_store.add_object(commit)
    repo.refs[ref] = commit.id
    return commit.id


def snapshot(folder: Path) -> dict[str, Any]:
    """Branches, tags and files of every repository in a folder; no fences, no empty ones."""
    found: dict[str, Any] = {}
    for path in sorted(folder.glob("*.git")):
        refs = {
            name: sha
            for name, sha in Repo(str(path)).get_refs().items()
            if name.startswith((b"refs/heads/", b"refs/tags/"))
        }
        files = {name: files_of(path, name) for name in refs}
        if any(files.values()):
            found[path.name] = (refs, files)
    return found


def has_git() -> bool:
    return shutil.which("git") is not None


class _Folder(Backend):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open_repository(self, path: str) -> Repo:
        return Repo(str(self._folder / os.fsdecode(path).strip("/")))


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Be quiet."""


@contextmanager
def dulwich_server(folder: Path) -> Iterator[str]:
    """dulwich's own server over the folder; its base URL."""
    app = make_wsgi_chain(_Folder(folder))
    with _running(make_server("127.0.0.1", 0, app, handler_class=_Quiet)) as url:
        yield url


@contextmanager
def git_server(folder: Path, *, makes: bool = False) -> Iterator[str]:
    """`git http-backend` over the folder, behind a token; `makes`: a push makes a repository."""
    with _running(ThreadingHTTPServer(("127.0.0.1", 0), _cgi(folder, makes))) as url:
        yield url


@contextmanager
def _running(server: Any) -> Iterator[str]:
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def bare(folder: Path, name: str) -> Path:
    """An empty bare repository that may be pushed to."""
    path = folder / name
    path.mkdir()
    repo = Repo.init_bare(str(path), default_branch=b"main")
    config = repo.get_config()
    config.set((b"http",), b"receivepack", b"true")
    config.set((b"uploadpack",), b"allowFilter", b"true")
    config.write_to_path()
    repo.close()
    return path


def _cgi(folder: Path, makes: bool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._run(b"")

        def do_POST(self) -> None:
            self._run(self.rfile.read(int(self.headers["content-length"])))

        def _run(self, body: bytes) -> None:
            path, _, query = self.path.partition("?")
            if self.headers.get("authorization") is None:
                self.send_error(401)
                return
            name = path.strip("/").partition("/")[0]
            if makes and "receive-pack" in self.path and not (folder / name).exists():
                bare(folder, name)
            done = subprocess.run(
                ["git", "http-backend"],
                input=body,
                capture_output=True,
                check=False,
                env={
                    "PATH": os.environ["PATH"],
                    "GIT_PROJECT_ROOT": str(folder),
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "GIT_PROTOCOL": self.headers.get("git-protocol", ""),
                    "GIT_CONFIG_COUNT": "1",
                    "GIT_CONFIG_KEY_0": "safe.directory",
                    "GIT_CONFIG_VALUE_0": "*",
                    "PATH_INFO": path,
                    "QUERY_STRING": query,
                    "REQUEST_METHOD": self.command,
                    "CONTENT_TYPE": self.headers.get("content-type", ""),
                    "CONTENT_LENGTH": str(len(body)),
                    "REMOTE_USER": "portal",
                    "REMOTE_ADDR": "127.0.0.1",
                },
            )
            self._send(done.stdout)

        def _send(self, output: bytes) -> None:
            head, _, content = output.partition(b"\r\n\r\n")
            lines = [line.split(b": ", 1) for line in head.split(b"\r\n")]
            fields = {name.lower(): value for name, value in lines}
            self.send_response(int(fields.pop(b"status", b"200").split()[0]))
            for field, value in fields.items():
                self.send_header(field.decode(), value.decode())
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: Any) -> None:
            """Be quiet."""

    return Handler
