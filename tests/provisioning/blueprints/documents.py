"""A small blueprint to change: every key of the document that a form or an operation looks at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.documents import dump_yaml, load_documents

SHELVES = """\
apiVersion: meshport/v1
kind: Blueprint
name: shelf
title: A shelf
summary: Things on a shelf, for tests.
makes: shelf
approval: owner
cost: {class: small, monthly: about 3 euro}
parameters:
  type: object
  additionalProperties: false
  required: [name, domain, channel, address, colour]
  properties:
    name: {type: string, title: Name, maxLength: 40}
    domain: {type: string, title: Domain, x-ui: {widget: picker-domain}}
    channel: {type: string, title: Channel, enum: [none, mail, post], default: none}
    address: {type: string, title: Address, minLength: 3, x-ui: {when: {channel: [mail, post]}}}
    express: {type: boolean, title: Express, x-ui: {when: {channel: post}}}
    label:
      type: string
      title: Label
      default: "${lower(join('-', domain, slug(name)))}"
    colour: {type: string, title: Colour, enum: [red, blue], default: red}
example: {name: First, domain: sales}
steps:
  - name: Second
    driver: shelf
    action: put
    depends_on: [first]
    spec: {name: "${parameters.label}"}
  - id: first
    name: First thing
    driver: shelf
    action: put
    spec: {name: "${slug}"}
  - name: Letters
    driver: shelf
    action: put
    when: {channel: [mail, post]}
    spec: {name: "letters to ${parameters.address}"}
  - name: For ever
    driver: shelf
    action: put
    undo: keep
    spec: {name: "kept ${slug}"}
outputs:
  where: {label: Where, value: "${fqn} in ${parameters.colour}"}
  docs: {label: Docs, url: "https://shelf.example/${parameters.name}"}
  kept: {label: Kept as, value: "${steps.for-ever.label}"}
"""

Change = Callable[[dict[str, Any]], object]


def shelf(*changes: Change) -> str:
    """The document with changes to its data."""
    data = load_documents(SHELVES)[0].data
    for change in changes:
        change(data)
    return dump_yaml(data)


def put(*path: Any, to: Any) -> Change:
    """Set what stands at the path; `...` takes the whole away."""

    def change(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        if to is ...:
            del data[path[-1]]
        else:
            data[path[-1]] = to

    return change
