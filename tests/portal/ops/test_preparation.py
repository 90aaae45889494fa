"""What is made ready before a portal starts."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from portal.ops import preparation


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one room, where Python is told to write no bytecode of what it imports."""
    (tmp_path / "core" / "inner").mkdir(parents=True)
    (tmp_path / "core" / "inner" / "one.py").write_text("ONE = 1\n")
    monkeypatch.setattr(preparation, "PROJECT", tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return tmp_path


def bytecode(project):
    return Path(importlib.util.cache_from_source(str(project / "core" / "inner" / "one.py")))


def test_bytecode_is_there_and_made_again_when_the_code_changed(project):
    preparation.compile_code()
    first = bytecode(project).read_bytes()

    code = project / "core" / "inner" / "one.py"
    code.write_text("ONE = 11\n")
    os.utime(code, (0, 0))  # another time than before, as an edit by hand has
    preparation.compile_code()

    assert bytecode(project).read_bytes() != first


def test_code_that_does_not_compile_does_not_keep_the_rest_from_it(project, capsys):
    (project / "core" / "broken.py").write_text("def (\n")

    preparation.compile_code()

    assert bytecode(project).exists()
    assert capsys.readouterr().out == ""
