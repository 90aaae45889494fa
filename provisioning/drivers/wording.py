"""Small words of the drivers' log lines."""

DONE = {"create": "made", "update": "changed", "delete": "removed", "keep": "kept"}


def counted(number: int, noun: str) -> str:
    """`1 table`, `3 tables`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
