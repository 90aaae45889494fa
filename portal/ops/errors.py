"""The one error that is shown to whoever typed a command."""


class CannotRun(Exception):
    """Something the operator has to mend; the text says what is wrong and how, in one line."""


def reason(error: Exception) -> str:
    """The first line an exception says; a database driver's further lines are advice."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
