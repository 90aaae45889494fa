"""The process that runs the CEL library: `python -I -S helper.py <package folder> <idle seconds>`.

One JSON line in, one out, over the socket that is its standard input. It ends when the other side
closes, when nothing was asked for a while, and, by the kernel's timer, when an evaluation takes
longer than it may: the library holds the interpreter lock and cannot be interrupted otherwise.
"""

import importlib
import json
import resource
import select
import signal
import sys
import types
from typing import Any

LIMIT_S = 0.1  # wall time of one evaluation
MEMORY = 512 * 1024 * 1024  # bytes of address space


def main(folder: str, idle_s: float) -> None:
    """Answer until nobody asks any more, or nobody did for `idle_s`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the asking process's affair
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    library = load(folder)
    asked, said = open(0, "rb", buffering=0), open(1, "wb", buffering=0)  # noqa: SIM115
    programs: dict[str, Any] = {}
    say(said, {"ready": True})
    pending = b""
    while True:
        line, pending = read_line(asked, pending, idle_s)
        if line is None:
            return
        say(said, answer(library, programs, json.loads(line)))


def load(folder: str) -> Any:
    """The compiled module alone; the package beside it would load a command line with its parts."""
    package = types.ModuleType("cel")
    package.__path__ = [folder]
    sys.modules["cel"] = package
    return importlib.import_module("cel.cel")


def read_line(source: Any, pending: bytes, idle_s: float) -> tuple[bytes | None, bytes]:
    """The next line and what follows it; None at the end or after a long silence."""
    while b"\n" not in pending:
        ready, _, _ = select.select([source], [], [], idle_s)
        chunk = source.read(65_536) if ready else b""
        if not chunk:
            return None, b""
        pending += chunk
    line, _, rest = pending.partition(b"\n")
    return line, rest


def say(target: Any, message: dict[str, Any]) -> None:
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[target.write(data) :]


def answer(library: Any, programs: dict[str, Any], question: dict[str, Any]) -> dict[str, Any]:
    """The program's references, or its result for one input, or the error."""
    source = question["source"]
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    try:
        if source not in programs:
            programs.clear()
            programs[source] = library.compile(source)
        program = programs[source]
        if "input" not in question:
            return {"functions": program.functions()}
        result = program.execute(question["input"])
        return {"result": result if isinstance(result, bool) else None}
    except BaseException as error:  # noqa: BLE001 - a panic of the library is one, too
        return {"error": type(error).__name__, "text": str(error)[:2000]}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
