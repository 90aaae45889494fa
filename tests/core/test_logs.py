"""What the logs keep to themselves."""

import logging

import pytest

from core.logs import REDACTED, json_formatter, redact

TOKEN = "mp_" + "a1B2" * 10


@pytest.mark.parametrize("key", ["password", "api_token", "Authorization", "dsn", "new_secret"])
def test_values_under_secret_names_are_blanked(key):
    assert redact(None, "info", {key: "hunter2"}) == {key: REDACTED}


@pytest.mark.parametrize(
    "text", [f"Bearer {TOKEN}", "postgresql://lg_1:canary-pass@host/warehouse"]
)
def test_tokens_and_dsn_passwords_are_blanked_wherever_they_stand(text):
    logged = redact(None, "info", {"event": text})["event"]

    assert TOKEN not in logged
    assert "canary-pass" not in logged


def test_a_line_break_in_a_message_does_not_begin_a_line():
    record = logging.LogRecord("x", logging.INFO, "f", 1, "user\r\nfake=1 \x1b[31m", (), None)

    line = json_formatter().format(record)

    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
