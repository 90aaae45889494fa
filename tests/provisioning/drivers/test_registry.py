"""The registry takes safe drivers only."""

from __future__ import annotations

import subprocess
import sys
from typing import ClassVar
from uuid import uuid4

import pytest

from provisioning.drivers import registry
from provisioning.drivers.postgres import PostgresDriver
from provisioning.drivers.postgres.session import Warehouse
from provisioning.drivers.protocol import (
    Capabilities,
    Dedupe,
    Fencing,
    PermanentError,
    Step,
    TemporaryError,
)
from tests.provisioning.drivers.kit import quiet


class Careless(PostgresDriver):
    name: ClassVar[str] = "careless"
    capabilities: ClassVar[Capabilities] = Capabilities(Fencing.NONE, Dedupe.NONE)


def nowhere(_target: str | None) -> Warehouse:
    return Warehouse("postgresql://nobody:canary@127.0.0.1:1/none")


def test_a_driver_without_fence_and_dedupe_is_refused() -> None:
    with pytest.raises(registry.UnsafeDriver):
        registry.register(Careless(nowhere))

    assert "careless" not in registry.versions()


def test_an_unknown_driver_or_action_is_a_permanent_error() -> None:
    with pytest.raises(PermanentError, match="no driver"):
        registry.get_driver("nobody")
    with pytest.raises(PermanentError, match="no action"):
        PostgresDriver(nowhere).observe(Step("dance", uuid4(), {}, quiet))


def test_a_warehouse_that_is_down_is_a_temporary_error_without_secrets() -> None:
    step = Step("schema", uuid4(), {"slug": "orders"}, quiet)

    with pytest.raises(TemporaryError) as failed:
        PostgresDriver(nowhere).ensure(step, effect_key="k", fence=1)

    assert "canary" not in str(failed.value)
    assert "canary" not in repr(nowhere(None))


def in_a_new_process(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_libraries_of_drivers_are_loaded_when_they_are_used() -> None:
    found = in_a_new_process(
        "import django; django.setup()\n"
        "print([name for name in ('dulwich', 'botocore', 'httpcore2') if name in sys.modules])"
    )

    assert found == "[]"


def test_without_the_extra_the_driver_is_not_there_and_its_targets_say_so() -> None:
    found = in_a_new_process(
        "sys.modules['botocore'] = None\n"
        "import django; django.setup()\n"
        "from provisioning.drivers.registry import target_kinds, versions\n"
        "print('s3' in versions(), target_kinds()['s3'].label)"
    )

    assert found == "False S3 object storage (not installed)"
