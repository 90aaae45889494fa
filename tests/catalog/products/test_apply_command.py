"""`./run apply`: files and folders in, one line per document out, an exit code for scripts."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from catalog.contracts.models import DataContract
from catalog.products.models import DataProduct
from tests.factories import DomainFactory, TeamFactory
from tests.factories.documents import contract_data, product_data, stream

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places():
    TeamFactory(slug="platform", domain=DomainFactory(path="sandbox"))


@pytest.fixture
def folder(tmp_path):
    """A product in one file, its contract in another one below, and what is none of ours."""
    (tmp_path / "a.odps.yaml").write_bytes(stream(product_data()))
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "b.odcs.yml").write_bytes(stream(contract_data()))
    (tmp_path / "README.md").write_text("# none of ours")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "c.yaml").write_text("kind: Other")
    return tmp_path


@pytest.fixture
def run(capsys):
    def call(*arguments):
        code = 0
        try:
            call_command("apply", "--domain", "sandbox", "--team", "platform", *map(str, arguments))
        except SystemExit as ending:
            code = ending.code
        return code, capsys.readouterr().out

    return call


def test_a_folder_is_one_call_whatever_the_order_of_its_files(run, folder):
    code, out = run(folder)

    assert code == 0
    assert "create    DataProduct orders-product 1.0.0" in out
    assert "2 documents: 2 create, 0 update, 0 unchanged, 0 refused" in out
    assert DataProduct.objects.get().output_ports.get().contract is not None


def test_nothing_to_do_ends_with_0(run, folder):
    run(folder)

    code, out = run(folder)

    assert (code, "2 unchanged" in out) == (0, True)


def test_one_refused_file_and_nothing_is_taken(run, folder):
    (folder / "bad.yaml").write_text("kind: DataContract\napiVersion: v3.1.0\n")

    code, out = run(folder)

    assert code == 2
    assert "nothing was changed" in out
    assert "/ line 1  error missing-field: Add the field `id`" in out
    assert not DataContract.objects.exists()


def test_with_skip_refused_the_rest_is_taken_and_it_ends_with_3(run, folder):
    (folder / "bad.yaml").write_text("kind: DataContract\napiVersion: v3.1.0\n")

    code, out = run(folder, "--skip-refused")

    assert code == 3
    assert "2 create" in out
    assert "1 refused" in out
    assert DataProduct.objects.count() == 1


def test_everything_refused_ends_with_2_even_with_skip(run, tmp_path):
    (tmp_path / "bad.yaml").write_text("kind: DataContract\n")

    assert run(tmp_path, "--skip-refused")[0] == 2


def test_a_plan_changes_nothing(run, folder):
    code, out = run(folder, "--plan")

    assert (code, "a plan, nothing was changed" in out) == (0, True)
    assert not DataProduct.objects.exists()


def test_the_same_document_in_two_files_is_refused_with_the_other_place(run, folder):
    (folder / "z.yaml").write_bytes(stream(contract_data()))

    code, out = run(folder, "--skip-refused")

    assert code == 3
    assert "duplicate-document" in out
    assert f"{folder}/contracts/b.odcs.yml line 1" in out


def test_a_missing_file_is_said_in_one_line(tmp_path):
    with pytest.raises(CommandError, match="cannot be read") as refusal:
        call_command("apply", str(tmp_path / "nothing.yaml"))

    assert refusal.value.returncode == 2


def test_what_stands_in_a_document_cannot_steer_the_terminal(run, tmp_path):
    (tmp_path / "bad.json").write_text('{"kind": "DataContract", "id": "\\u001b[31mred"}')

    _, out = run(tmp_path)

    assert "\x1b" not in out
