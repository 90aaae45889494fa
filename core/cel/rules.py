"""Checking a rule and deciding it for many inputs."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.cel.limits import (
    FUNCTIONS,
    MACROS,
    MAX_INPUT,
    RuleProblem,
    input_problem,
    place,
    refused,
    shape_of,
)
from core.cel.process import Gone, Turn, turn

MAX_OVERRUNS = 3  # of one rule in one call; then it is not tried on the rest
TOO_SLOW = "It took longer than 100 ms."
NO_HELPER = "The evaluator did not answer."
NOT_A_DECISION = "The rule gives something else than true or false."
CONSTANTS = frozenset({"true", "false", "null", "in", "int", "uint", "double", "string", "bytes"})
TYPES = frozenset({"bool", "list", "map", "null_type", "type"})
_POSITION = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_MISSING = re.compile(r"^'(.*)'$", re.DOTALL)
_UNDEFINED = re.compile(r"Undefined variable or function: '([^']*)'")


@dataclass(frozen=True)
class Verdict:
    """What a rule says of one input; `value` None: it could not be decided, `reason` says why."""

    value: bool | None
    reason: str = ""


def check(source: str, known: Collection[str]) -> list[RuleProblem]:
    """What is wrong with a rule: limits, form, names that are no fact of `known`."""
    problems = refused(source)
    if problems:
        return problems
    try:
        with turn() as helper:
            answer = helper.ask(source=source)
    except Gone as gone:
        return [RuleProblem(1, 1, TOO_SLOW if gone.overran else NO_HELPER)]
    if "error" in answer:
        return list(_form_problems(source, answer["text"]))
    return list(_name_problems(source, known, answer["functions"]))


def decide(source: str, inputs: Sequence[Mapping[str, Any]]) -> list[Verdict]:
    """What the rule says of each input. An overrun or a dead helper decides nothing.

    Cost: about 0.1 ms an input; an overrun 100 ms and the start of a new helper.
    """
    problems = refused(source)
    if problems:
        return [Verdict(None, str(problems[0]))] * len(inputs)
    verdicts: list[Verdict] = []
    overruns = 0
    try:
        with turn() as helper:
            for each in inputs:
                if overruns >= MAX_OVERRUNS:
                    break
                verdict = _decided(helper, source, each)
                overruns += verdict.reason in {TOO_SLOW, NO_HELPER}
                verdicts.append(verdict)
    except Gone:
        return [*verdicts, *[Verdict(None, NO_HELPER)] * (len(inputs) - len(verdicts))]
    return [*verdicts, *verdicts[-1:] * (len(inputs) - len(verdicts))]


def _decided(helper: Turn, source: str, facts: Mapping[str, Any]) -> Verdict:
    wrong = input_problem(facts)
    if wrong:
        return Verdict(None, wrong)
    if len(json.dumps(facts)) > MAX_INPUT:
        return Verdict(None, f"The facts are larger than {MAX_INPUT:,} bytes.")
    try:
        answer = helper.ask(source=source, input=facts)
    except Gone as gone:
        return Verdict(None, TOO_SLOW if gone.overran else NO_HELPER)
    if "error" in answer:
        return Verdict(None, _reason(answer["error"], answer["text"]))
    if answer["result"] is None:
        return Verdict(None, NOT_A_DECISION)
    return Verdict(answer["result"])


def _reason(kind: str, text: str) -> str:
    """An error of the library in people's words."""
    missing, undefined = _MISSING.match(text), _UNDEFINED.search(text)
    if kind == "KeyError" and missing:
        return f"There is no “{missing[1]}” here; ask has(…) first."
    if undefined:
        return f"“{undefined[1]}” is neither a fact nor a function."
    if kind == "ZeroDivisionError":
        return "The rule divides by zero."
    if kind == "OverflowError":
        return "A number is too great."
    if kind == "TypeError":
        return "The rule compares or adds things of different kinds, or something is empty."
    return text.partition("\n")[0][:200]


def _form_problems(source: str, text: str) -> Iterator[RuleProblem]:
    found = [
        RuleProblem(int(line), int(column), _form_words(message))
        for line, column, message in _POSITION.findall(text)
    ]
    yield from found[:3] or [RuleProblem(1, 1, text.partition("\n")[0][:200])]


def _form_words(message: str) -> str:
    """The parser's message without the list of everything that it would have taken."""
    message = message.removeprefix("Syntax error: ").partition(" expecting ")[0]
    if "<EOF>" in message:
        return "The rule ends too early."
    wrong = re.search(r"'(.*)'", message)
    if wrong and message.startswith(("mismatched", "extraneous", "token", "no viable")):
        return f"“{wrong[1].strip()}” is not expected here."
    return message[:1].upper() + message[1:]


def _name_problems(
    source: str, known: Collection[str], functions: Sequence[str]
) -> Iterator[RuleProblem]:
    shape = shape_of(source)
    wrong = {each for each in functions if each.isidentifier()} - FUNCTIONS - MACROS
    given = {*known, *shape.bound, *CONSTANTS, *TYPES, *FUNCTIONS}
    for token in shape.names:
        if token.text in wrong:
            continue
        if token.text not in given:
            message = f"“{token.text}” is no fact; the facts stand beside the rule."
            yield RuleProblem(*place(source, token.at), message)
    for name in sorted(wrong):
        match = re.search(rf"\b{name}\s*\(", source)
        yield RuleProblem(
            *place(source, match.start() if match else 0), f"There is no function “{name}”."
        )
