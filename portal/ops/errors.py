"""The one error that is shown to whoever typed a command."""


class CannotRun(Exception):
    """Something the operator has to mend; the text says what is wrong and how, in one line."""
