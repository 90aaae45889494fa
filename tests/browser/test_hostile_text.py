"""Every text of the catalogue attacks; a real browser shows it (SECURITY §4, S6).

Each product, contract, system, term and demand carries a group of texts: lists of texts hold all
of the group, one-line texts one each, Markdown texts all as paragraphs. One contract, term,
demand, system and comment carry every text of all groups.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from core.documents import dump_yaml
from core.outbound.signing import new_secret
from tests.browser.conftest import Portal
from tests.browser.payloads import PAYLOADS
from tests.browser.person import Person
from tests.browser.script import Script

pytestmark = pytest.mark.browser
ALL = "\n\n".join(PAYLOADS)
NAMES = [text.replace("\t", " ") for text in PAYLOADS]  # a name with a tab is refused
# four texts each, none beside its neighbours, from which some differ in capitals only
GROUPS = [PAYLOADS[at :: len(PAYLOADS) // 4] for at in range(len(PAYLOADS) // 4)]
KINDS = ("incident", "maintenance", "news")
PROMISES = ("retention", "latency", "frequency", "availability")
A_POLICY = 8  # texts in the words of one, which have 500 characters
MARK = uuid4().hex[:4]
TRAP = "window.hits = 0; window.hit = () => { window.hits += 1; }; window.alert = window.hit;"
ATTACKS = """() => [...document.querySelectorAll('body *')].flatMap(each => [
    ...each.getAttributeNames().filter(name => /^(on|hx-on|data-hx)/.test(name)),
    ...['href', 'src', 'action', 'xlink:href', 'data', 'srcdoc'].filter(
        name => /^\\s*(javascript|data):/i.test(each.getAttribute(name) ?? '')),
    ...(/^(script|iframe|object|embed|base|style|meta)$/i.test(each.tagName) ? [each.tagName] : []),
])"""


def contract(at: int, texts: list[str]) -> dict[str, Any]:
    """The first one has every text as a column; the others have those of their group."""
    columns = NAMES if at == 0 else one_line(texts)
    all_ = "\n\n".join(texts)
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"hostile-{at}",
        "name": one_line(texts)[0],
        "version": "1.0.0",
        "status": "active",
        "tags": texts,
        "description": {"purpose": all_, "usage": all_, "limitations": all_},
        "schema": [
            {
                "name": one_line(texts)[1],
                "description": all_,
                "properties": [
                    {
                        "name": name,
                        "logicalType": "string",
                        "physicalType": name,
                        "description": name,
                        "classification": name,
                        "quality": [{"type": "text", "name": name, "description": name}],
                    }
                    for name in columns
                ],
            }
        ],
        "slaProperties": [
            {"property": promise, "value": text, "unit": text}
            for promise, text in zip(PROMISES, texts, strict=True)
        ],
    }


def product(at: int, texts: list[str]) -> dict[str, Any]:
    all_ = "\n\n".join(texts)
    return {
        "apiVersion": "v1.0.0",
        "kind": "DataProduct",
        "id": f"hostile-product-{at}",
        "name": one_line(texts)[2],
        "version": "1.0.0",
        "status": "active",
        "tags": one_line(texts),
        "description": {"purpose": all_, "usage": all_, "limitations": all_},
        "customProperties": [{"property": "slug", "value": f"hostile-{at}"}],
        "support": [
            {"channel": text, "url": "https://example.com/x", "description": text} for text in texts
        ],
        "inputPorts": [
            {"name": name, "version": "1.0.0", "contractId": name} for name in one_line(texts)
        ],
        "outputPorts": [
            {
                "name": f"table-{at}",
                "version": "1.0.0",
                "type": "postgresql",
                "description": all_,
                "contractId": f"hostile-{at}",
            }
        ],
    }


def one_line(texts: list[str]) -> list[str]:
    """As names, in which a tab is refused."""
    return [text.replace("\t", " ") for text in texts]


@pytest.fixture(scope="module")
def pages(portal: Portal) -> dict[str, str]:
    """Hostile texts in every field; the pages of what is only one, by kind."""
    owner, steward = Script(portal, "owner"), Script(portal, "steward")
    documents = [make(at, texts) for make in (contract, product) for at, texts in enumerate(GROUPS)]
    stream = "---\n".join(map(dump_yaml, documents)).encode()
    report = json.loads(
        owner.send(
            "descriptors?mode=apply&domain=sales&team=sales-data", stream, "application/yaml"
        )
    )
    assert "refused" not in {each["action"] for each in report["documents"]}
    commenter = Script(portal, "platform")  # who comments nowhere else: 20 an hour are allowed
    thread = commenter.post("products/sales.hostile-0/comments", body=ALL)["id"]
    for at, texts in enumerate(GROUPS):
        first, second, _, fourth = one_line(texts)
        all_ = "\n\n".join(texts)
        fqn = f"products/sales.hostile-{at}"
        owner.post(f"{fqn}/announcements", kind=KINDS[at % 3], title=fourth, body=all_)
        owner.post("demands", title=fourth, need=all_)
        owner.put(f"systems/sales.hostile-system-{at}", **system(first, texts))
        name = f"{second} {MARK}-{at}"  # unlike in more than capitals
        steward.post(
            "terms", name=name, definition=all_, synonyms=one_line(texts), owner="governance"
        )
        commenter.post("products/sales.hostile-0/comments", body=all_, parent=thread)
    demand = owner.post("demands", title=f"Hostile {MARK}", need=ALL)["id"]
    term = steward.post("terms", name=f"Hostile {MARK}", definition=ALL, owner="governance")["id"]
    policies = [
        steward.post("policies", **policy(at))["slug"] for at in range(0, len(PAYLOADS), A_POLICY)
    ]
    owner.put("systems/sales.hostile-system", **system("Hostile", [ALL]) | {"tags": []})
    return {
        "term": f"/glossary/{term}/",
        "demand": f"/demands/{demand}/",
        **{f"policy {slug}": f"/policies/{slug}/" for slug in policies},
        "policy form": f"/policies/{policies[0]}/edit/",
        "system": "/systems/sales.hostile-system/",
    }


def policy(at: int) -> dict[str, Any]:
    words = "\n".join(PAYLOADS[at : at + A_POLICY])
    return {
        "name": f"{PAYLOADS[at][:60]} {MARK}",
        "rule": "size(purpose) > 100000",
        "words": words,
        "mend": words,
        "subject": "product",
        "owner": "governance",
        "severity": "low",
        "state": "draft",
    }


def system(name: str, texts: list[str]) -> dict[str, Any]:
    all_ = "\n\n".join(texts)
    return {
        "name": name,
        "team": "sales-data",
        "purpose": all_,
        "description": all_,
        "technology": one_line(texts)[-1][:60],
        "tags": one_line(texts),
    }


@pytest.fixture(scope="module")
def reader(portal: Portal, chromium: Any, pages: dict[str, str]) -> Person:
    person = Person(chromium, portal, "steward")
    person.page.add_init_script(TRAP)
    person.page.on("dialog", lambda dialog: dialog.dismiss())
    return person


def harm(person: Person, path: str) -> list[str]:
    """What a page of hostile texts did beyond showing them."""
    person.complaints.clear()
    person.goto(path)
    hits = person.page.evaluate("window.hits")
    attacks = person.page.evaluate(ATTACKS)
    assert "hit" in person.page.content(), f"{path} shows none of the texts"
    found = [f"{path}: {text}" for text in person.complaints]
    return found + ([f"{path}: ran {hits}, {attacks}"] if hits or attacks else [])


def test_lists_show_hostile_texts_as_text(reader: Person) -> None:
    paths = [
        "/marketplace/?team=sales-data",
        "/marketplace/?team=sales-data&view=cards",
        "/marketplace/?q=hit",
        "/marketplace/?q=hit&kind=all&view=cards",
        "/marketplace/compare/?p=sales.hostile-8&p=sales.hostile-9&p=sales.hostile-10",
        "/glossary/",
        "/glossary/?q=hit",
        "/demands/",
        "/systems/?q=hit",
        "/domains/sales/",
        "/teams/sales-data/",
        "/policies/",
        "/lineage/?node=product:sales.hostile-9",
    ]

    assert [fault for path in paths for fault in harm(reader, path)] == []


def test_offers_and_near_names_show_hostile_texts_as_text(reader: Person) -> None:
    reader.goto("/")
    reader.page.locator("#q").press_sequentially("hit")
    reader.page.locator("#hits").get_by_role("option").first.wait_for()
    offers = reader.page.evaluate("window.hits"), reader.page.evaluate(ATTACKS)
    faults = harm(reader, "/products/sales.hostlie-1/")

    assert offers == (0, [])
    assert all("404 (Not Found)" in fault for fault in faults)  # the page's own status


def test_pages_show_hostile_texts_as_text(reader: Person, pages: dict[str, str]) -> None:
    tabs = ("schema", "quality", "lineage", "contract", "access", "activity")
    paths = [*pages.values(), *(f"/products/sales.hostile-0/?tab={tab}" for tab in tabs)]

    assert [fault for path in paths for fault in harm(reader, path)] == []


def test_each_hostile_text_is_text_on_the_page_of_its_product(reader: Person) -> None:
    paths = [f"/products/sales.hostile-{at}/" for at in range(len(GROUPS))]

    assert [fault for path in paths for fault in harm(reader, path)] == []


def test_each_hostile_text_is_text_on_the_page_of_its_contract(
    reader: Person, portal: Portal
) -> None:
    script = Script(portal, "owner")
    found = json.loads(script.get("contracts?page_size=200"))["results"]
    ids = [each["id"] for each in found if each["document_id"].startswith("hostile-")]

    assert len(ids) == len(GROUPS)
    paths = [f"/contracts/{each}/" for each in ids]
    assert [fault for path in paths for fault in harm(reader, path)] == []


def test_forms_give_hostile_texts_back_as_text(portal: Portal, chromium: Any, pages: Any) -> None:
    owner = Person(chromium, portal, "owner")
    owner.page.add_init_script(TRAP)
    owner.goto("/domains/sales/edit/")
    owner.page.fill("[name=purpose]", ALL[:2000])
    owner.click("Save")
    paths = [
        "/domains/sales/",
        "/domains/sales/edit/",
        "/domains/",
        *(f"/products/sales.hostile-{at}/edit/" for at in range(8, 13)),
    ]

    assert [fault for path in paths for fault in harm(owner, path)] == []


def test_targets_show_hostile_texts_as_text(portal: Portal, chromium: Any) -> None:
    script = Script(portal, "owner")
    for at, name in enumerate(NAMES):
        script.post(
            "targets",
            slug=f"hostile-{at}",
            name=name[:120],
            driver="webhook",
            team="sales-data",
            config={"url": "https://10.0.0.1/"},  # inside: no call is made
            secrets={"signing_secret": new_secret()},
            save_anyway=True,
        )
    owner = Person(chromium, portal, "owner")
    owner.page.add_init_script(TRAP)
    paths = ["/targets/", "/targets/?q=hit"]
    for at, name in enumerate(NAMES):
        if "hit" in name[:120]:
            pages = ("", "edit/", "retire/")
            paths += [f"/targets/hostile-{at}/{page}" for page in pages[: 3 if at < 8 else 1]]

    assert [fault for path in paths for fault in harm(owner, path)] == []
