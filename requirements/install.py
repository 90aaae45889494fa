"""`install.py ENVIRONMENT SET`: make, update or heal the Python environment of `./run`.

Runs before anything is installed, so it uses the standard library only. SET is one of the files
beside it; each holds the one before. With uv, else venv and pip, else `pip install --target`.
"""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent
SETS = ("runtime", "test", "browser", "dev")
STAMP = ".meshport"  # set and checksum of its file; `run` reads it
UNFINISHED = ".meshport-unfinished"  # holds the set that was being installed
LOG = "install.log"
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?P<marker> *;)?", re.MULTILINE)
HOW_TO_MEND = "install uv, or Python's venv (Debian, Ubuntu: apt-get install python3-venv)"


class CannotInstall(Exception):
    """What is wrong and how to mend it, in one line."""


class Environment:
    """One folder with a Python in `bin/python`. Locked by whoever works on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"

    def bring_to(self, wanted: str) -> None:
        """Leave an environment alone that has all of `wanted`; else install that, or more."""
        held = self._held()
        if held is None and not self._is_unfinished() and self.python.exists():
            held = self._satisfied()
        if held is not None and SETS.index(held) >= SETS.index(wanted):
            wanted = held
            if self._stamp() == stamp_of(held) or self._satisfied() == held:
                self._finish(held)
                return
        self._install(wanted)

    def _install(self, wanted: str) -> None:
        if self._is_unfinished():
            self._empty()
        (self.folder / UNFINISHED).write_text(wanted)
        (self.folder / STAMP).unlink(missing_ok=True)
        print(f"Installing requirements/{wanted}.txt into {self.folder} …", file=sys.stderr)
        requirements = REQUIREMENTS / f"{wanted}.txt"
        for install in (self._with_uv, self._with_venv, self._with_target):
            if install(requirements):
                self._finish(wanted)
                return
        raise CannotInstall(f"Neither uv nor venv nor pip is there: {HOW_TO_MEND}.")

    def _with_uv(self, requirements: Path) -> bool:
        """Bytecode is made as pip does: where PYTHONDONTWRITEBYTECODE is set, each process that
        starts would compile all that it imports (1.8 s)."""
        uv = shutil.which("uv")
        if uv is None or not _works([uv, "--version"]):
            return False
        if not self.python.exists():
            self._run(
                [uv, "venv", "-q", "--allow-existing", "--python", sys.executable, self.folder]
            )
        sync = [uv, "pip", "sync", "-q", "--compile-bytecode", "--require-hashes"]
        self._run([*sync, "--python", self.python, requirements])
        return True

    def _with_venv(self, requirements: Path) -> bool:
        if not self.python.exists() and not _works([sys.executable, "-m", "venv", self.folder]):
            self._empty()  # Debian without python3-venv leaves half of one
            (self.folder / UNFINISHED).write_text(requirements.stem)
            return False
        if not _works([self.python, "-m", "pip", "--version"]):
            return False
        self._pip(self.python, requirements)
        return True

    def _with_target(self, requirements: Path) -> bool:
        if not _works([sys.executable, "-m", "pip", "--version"]):
            return False
        site = self.folder / "site"
        shutil.rmtree(site, ignore_errors=True)
        self._pip(sys.executable, requirements, "--target", site)
        self.python.parent.mkdir(exist_ok=True)
        self.python.write_text(
            f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(site))}${{PYTHONPATH:+:$PYTHONPATH}}\n"
            f'export PYTHONPATH\nexec {shlex.quote(sys.executable)} "$@"\n'
        )
        self.python.chmod(0o755)
        return True

    def _pip(self, python: str | Path, requirements: Path, *options: str | Path) -> None:
        quiet = ["--quiet", "--no-input", "--disable-pip-version-check"]
        install = [python, "-m", "pip", "install", *quiet, *options]
        self._run([*install, "--require-hashes", "-r", requirements])

    def _run(self, argv: list[str | Path]) -> None:
        log = self.folder / LOG
        with log.open("a") as output:
            if subprocess.run(argv, stdout=output, stderr=output, check=False).returncode == 0:
                return
        lines = [
            line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()
        ]
        last = lines[-1] if lines else "no reason given"
        raise CannotInstall(
            f"The requirements could not be installed: {last} — see {log}, mend it, and try again."
        )

    def _held(self) -> str | None:
        """The set that was installed last, whether or not its file changed since."""
        known = self._stamp().partition(" ")[0]
        return known if known in SETS and self.python.exists() else None

    def _stamp(self) -> str:
        path = self.folder / STAMP
        return path.read_text().strip() if path.exists() else ""

    def _satisfied(self) -> str | None:
        """The largest set whose pins are all installed, for an environment made by other means."""
        answer = subprocess.run(
            [self.python, __file__, "--installed"], capture_output=True, text=True, check=False
        )
        installed = dict(line.split("==") for line in answer.stdout.split())
        for name in reversed(SETS):
            if has_all(installed, (REQUIREMENTS / f"{name}.txt").read_text()):
                return name
        return None

    def _is_unfinished(self) -> bool:
        return (self.folder / UNFINISHED).exists()

    def _finish(self, installed: str) -> None:
        (self.folder / STAMP).write_text(stamp_of(installed) + "\n")
        (self.folder / UNFINISHED).unlink(missing_ok=True)

    def _empty(self) -> None:
        """The folder itself stays: it is what is locked."""
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def stamp_of(name: str) -> str:
    """The set and cksum(1) of its file, as `run` compares them."""
    with (REQUIREMENTS / f"{name}.txt").open("rb") as stream:
        answer = subprocess.run(["cksum"], stdin=stream, capture_output=True, text=True, check=True)
    return f"{name} {answer.stdout.strip()}"


def has_all(installed: dict[str, str], requirements: str) -> bool:
    """Whether each pin is installed; one with a marker may be absent."""
    for pin in PIN.finditer(requirements):
        found = installed.get(normal(pin["name"]))
        if found != pin["version"] and not (found is None and pin["marker"]):
            return False
    return True


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def print_installed() -> None:
    for one in distributions():
        print(f"{normal(one.metadata['Name'])}=={one.version}")


def main(arguments: list[str]) -> int:
    """Exit code 0, or 1 and one line on stderr."""
    if arguments == ["--installed"]:
        print_installed()
        return 0
    folder, wanted = Path(arguments[0]).absolute(), arguments[1]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        Environment(folder).bring_to(wanted)
    except CannotInstall as error:
        print(f"meshport: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"meshport: {folder}: {error.strerror}; see MESHPORT_ENV.", file=sys.stderr)
        return 1
    return 0


def _works(argv: list[str | Path]) -> bool:
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
