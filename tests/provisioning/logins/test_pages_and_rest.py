"""The card on a resource's page, and the same for scripts."""

from __future__ import annotations

import psycopg
from django.test import Client

from provisioning.jobs.models import Instance
from provisioning.jobs.services.work import run_due
from provisioning.logins.models import Login
from tests.provisioning.blueprints.conftest import Shop


def test_from_the_page_to_the_password(shop: Shop, sandbox: Instance, client: Client):
    client.force_login(shop.helper)
    page = sandbox.get_absolute_url()
    assert "You have no login here yet" in client.get(page).content.decode()

    client.post(f"{page}logins/make/")
    at_work = client.get(page).content.decode()
    assert "Your login is being made" in at_work
    assert 'hx-trigger="every 1s"' in at_work
    run_due()
    ready = client.get(f"{page}logins/").content.decode()
    assert "Show password once" in ready
    assert "hx-trigger" not in ready

    shown = client.post(f"{page}logins/reveal/")
    login = Login.objects.get()
    assert "no-store" in shown["Cache-Control"]
    assert login.username in shown.content.decode()
    again = client.post(f"{page}logins/reveal/", follow=True).content.decode()
    assert "and is not kept" in again
    assert "Make a new password" in again


def test_an_owner_ends_a_login_from_the_page(shop: Shop, sandbox: Instance, client: Client):
    client.force_login(shop.helper)
    page = sandbox.get_absolute_url()
    client.post(f"{page}logins/make/")
    run_due()
    client.force_login(shop.owner)
    login = Login.objects.get()
    assert f"/logins/{login.pk}/end/" in client.get(page).content.decode()

    client.post(f"/logins/{login.pk}/end/")
    run_due()

    login.refresh_from_db()
    assert login.state == "ended"
    assert "0 logins" in client.get(page).content.decode()


def test_the_same_for_scripts(shop: Shop, sandbox: Instance, client: Client, bearer):
    headers, address = bearer(shop.helper), f"/api/v1/resources/{sandbox.pk}"

    wrong = {"renew": "yes"}
    refused = client.post(f"{address}/credentials", wrong, "application/json", headers=headers)
    assert (refused.status_code, refused.json()["problems"][0]["pointer"]) == (422, "/renew")
    first = client.post(f"{address}/credentials", {}, "application/json", headers=headers)
    assert first.status_code == 202
    assert first["Location"].startswith("/api/v1/operations/")
    busy = client.post(f"{address}/credentials", {}, "application/json", headers=bearer(shop.owner))
    assert (busy.status_code, busy.json()["type"]) == (422, "/problems/concurrency-error")
    run_due()
    shown = client.post(f"{address}/credentials", {}, "application/json", headers=headers)
    assert shown["Cache-Control"] == "no-store"
    with psycopg.connect(shown.json()["dsn"]) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    gone = client.post(f"{address}/credentials", {}, "application/json", headers=headers)
    assert (gone.status_code, gone.json()["type"]) == (409, "/problems/credential-gone")
    (row,) = client.get(f"{address}/logins", headers=headers).json()["results"]
    assert (row["holder"], row["state"]) == ("hugo", "shown")
    assert "password" not in str(row)

    ended = client.post(f"/api/v1/logins/{row['id']}/end", {}, "application/json", headers=headers)
    assert ended.status_code == 202
    run_due()
    (row,) = client.get(f"{address}/logins", headers=headers).json()["results"]
    assert row["state"] == "ended"
    query = (
        "query($id: ID!) { resource(id: $id) { logins(first: 5)"
        " { edges { node { username state holder { username } } } } } }"
    )
    sent = {"query": query, "variables": {"id": str(sandbox.pk)}}
    answer = client.post("/graphql/", sent, content_type="application/json", headers=headers)
    (edge,) = answer.json()["data"]["resource"]["logins"]["edges"]
    assert edge["node"]["state"] == "ENDED"
    assert edge["node"]["holder"] == {"username": "hugo"}


def test_who_may_not_see_the_resource_sees_nothing_of_it(
    shop: Shop, sandbox: Instance, client: Client, bearer
):
    headers = bearer(shop.outsider)
    address = f"/api/v1/resources/{sandbox.pk}"
    assert client.get(f"{address}/logins", headers=headers).status_code == 404
    asked = client.post(f"{address}/credentials", {}, "application/json", headers=headers)
    assert asked.status_code == 404
    client.force_login(shop.outsider)
    for path in ("make", "reveal"):
        assert client.post(f"{sandbox.get_absolute_url()}logins/{path}/").status_code == 404
    assert not Login.objects.exists()
