"""Scaffolds are files with placeholders: hostile paths, values and sizes are refused."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import yaml

from provisioning.drivers.git import scaffolds
from provisioning.drivers.git.filling import filled_text
from provisioning.drivers.git.scaffolds import files_of
from provisioning.drivers.protocol import PermanentError, Step
from tests.provisioning.drivers import kit
from tests.provisioning.drivers.kit import quiet

TEMPLATES = (
    *("{{7*7}}", "{% for a in b %}x{% endfor %}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "*{7*7}"),
    *("{{config}}", "{{ ''.__class__.__mro__ }}", "${T(java.lang.Runtime)}", "@(1+2)"),
    *("$(id)", "`id`", "%{7*7}", "[[${7*7}]]", "{php}echo 1{/php}", "#set($x=7)", "~{7*7}"),
)


def made(**spec: Any) -> dict[str, bytes]:
    return files_of(Step("repository", uuid4(), {"slug": "orders", **spec}, quiet), {})


@pytest.mark.parametrize("name", scaffolds.names())
def test_each_built_in_scaffold_is_whole(name: str) -> None:
    values = {"domain": "sales", "team": "orders", "table": "orders"}
    files = made(scaffold=name, title="Orders", description="Each order, once.", values=values)

    assert files["README.md"].startswith(b"# Orders\n\nEach order, once.\n")
    assert all(b"${" not in content for content in files.values())
    assert any(path.endswith(".sql") for path in files)
    for path, content in files.items():
        if path.endswith((".yml", ".yaml")):
            assert yaml.safe_load(content)


def test_conditions_choose_whole_files() -> None:
    assert "checks/not_empty.sql" in made(scaffold="sql")
    assert "checks/not_empty.sql" not in made(scaffold="sql", values={"checks": False})
    files = {
        "dbt.md": {"text": "x", "when": {"engine": "dbt"}},
        "any.md": {"text": "x", "when": {"engine": ["dbt", "sql"]}},
        "both.md": {"text": "x", "when": {"engine": "sql", "slug": "orders"}},
    }
    assert set(made(files=files, values={"engine": "sql"})) == {"any.md", "both.md"}


def test_the_team_s_files_stand_over_those_of_the_scaffold_and_documents_over_both() -> None:
    files = made(
        scaffold="sql",
        files={"README.md": "# ${title}", "a.md": "a"},
        documents={"a.md": "${as it is}"},
    )

    assert (files["README.md"], files["a.md"]) == (b"# orders", b"${as it is}")
    assert set(made(files={"only.md": "x"})) == {"only.md"}


@pytest.mark.parametrize("payload", [*TEMPLATES, *kit.HOSTILE_NAMES])
def test_a_value_is_text_and_nothing_else(payload: str) -> None:
    values = {"v": payload}

    prose = filled_text("README.md", "<${v}>", values)
    data = filled_text("a.yaml", "key: ${v}\nnext: 1\n", values)

    assert prose.count("\n") == 0
    assert yaml.safe_load(data) == {"key": payload, "next": 1}
    assert filled_text("a.json", '{"a": ${v}}', values).count("\n") == 0


@pytest.mark.parametrize("path", ["a.sql", "a.py", "Makefile", "a.toml"])
@pytest.mark.parametrize("payload", ["a b", "a;b", "", "a\nb", "a'b", "é", "-a"])
def test_code_takes_single_words_only(path: str, payload: str) -> None:
    assert filled_text(path, "x ${v}", {"v": "orders_2"}) == "x orders_2"
    with pytest.raises(PermanentError, match="single word"):
        filled_text(path, "x ${v}", {"v": payload})


@pytest.mark.parametrize("name", ["nobody", "", "a.b", "slug.__class__", "a:b", "7*7", "slug "])
def test_a_placeholder_that_is_not_given_is_refused(name: str) -> None:
    with pytest.raises(PermanentError, match="not given"):
        made(files={"a.md": f"${{{name}}}"})


@pytest.mark.parametrize(
    "path",
    [
        *("../a", "a/../../b", "/etc/passwd", "a//b", "./a", "a/", "", "."),
        *(".git/hooks/post-checkout", "a/.git/config", ".GIT/x", ".gitmodules", "git~1/x"),
        *(".meshport", "a\\b", "C:/x", "a:b", "con", "aux.md", "a.", "a /b", "a\0b", "a\nb"),
        *(".g\u200cit/config", "\u202egpj.exe", "Ünï", "x" * 201, "a/" * 11 + "b", "a" * 101),
    ],
)
def test_a_path_that_is_not_plain_is_refused(path: str) -> None:
    with pytest.raises(PermanentError):
        made(files={path: "x"})
    with pytest.raises(PermanentError):
        made(documents={path: "x"})


def test_a_value_in_a_path_leads_nowhere_else() -> None:
    assert set(made(files={"models/${v}.md": "x"}, values={"v": "orders"})) == {"models/orders.md"}
    for payload in ("../x", "a/b", ".git", ""):
        with pytest.raises(PermanentError):
            made(files={"models/${v}.md": "x"}, values={"v": payload})


@pytest.mark.parametrize(
    "paths", [("README.md", "readme.md"), ("a", "a/b"), ("A/x", "a"), ("a/b/c", "a/B")]
)
def test_two_files_in_each_other_s_way_are_refused(paths: tuple[str, str]) -> None:
    with pytest.raises(PermanentError, match=r"one name|name of a file"):
        made(files=dict.fromkeys(paths, "x"))


def test_too_much_is_refused() -> None:
    with pytest.raises(PermanentError, match="more than"):
        made(scaffold="sql", files={f"f{n}.md": "x" for n in range(200)})
    with pytest.raises(PermanentError, match="more than"):
        made(files={f"f{n}.md": "x" * 250_000 for n in range(9)})


def test_text_that_cannot_be_stored_and_an_unknown_scaffold_are_refused() -> None:
    with pytest.raises(PermanentError, match="cannot be stored"):
        made(files={"a.md": "\ud800"})
    with pytest.raises(PermanentError, match="no scaffold"):
        made(scaffold="nobody")
