"""The script in the documentation does what the documentation says."""

import datetime as dt
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db.models.functions import Now

from accounts.services import create_token
from provisioning.access.models import Credential, Grant
from provisioning.access.states import GrantState
from provisioning.recertification.models import Campaign, Review

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "recertify-by-script.md"


@pytest.fixture
def run(live_server):
    """`run(user, scope)`: the script of the page as that person's."""
    (script,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)

    def go(user, scope: str) -> subprocess.CompletedProcess[str]:
        _, token = create_token(user=user, name="script", scopes=["read", "write"])
        given = {"PORTAL": live_server.url, "TOKEN": token, "SCOPE": scope}
        command = [sys.executable, "-c", script]
        return subprocess.run(
            command, env={**os.environ, **given}, capture_output=True, text=True, timeout=60
        )

    return go


def test_what_nobody_used_for_ninety_days_ends_and_the_rest_goes_on(company, granted, second, run):
    Grant.objects.update(starts_at=Now() - dt.timedelta(days=200))
    Credential.objects.filter(grant=granted).update(last_seen_at=Now() - dt.timedelta(days=3))

    done = run(company.owner, f"port:{company.port.fqn}")

    assert done.returncode == 0, done.stderr
    ends, progress = done.stdout.splitlines()
    assert ends == f"ends: user:{company.consumer.username} {company.port.fqn}"
    assert "'kept': 1, 'revoked': 1" in progress
    granted.refresh_from_db()
    second.refresh_from_db()
    assert (granted.state, second.state) == (GrantState.ACTIVE, GrantState.REVOKED)
    notes = dict(Review.objects.values_list("grant", "note"))
    assert notes == {granted.pk: "", second.pk: "Not used for 90 days."}


def test_who_may_not_begin_one_reads_why(company, granted, run):
    done = run(company.owner, "company")

    assert done.returncode == 1
    assert "Only stewards ask about a class or the whole company." in done.stderr
    assert not Campaign.objects.exists()
