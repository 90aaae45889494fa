"""Several ports, one purpose, one request for each."""

from django.urls import reverse

from catalog.products.models import OutputPort
from provisioning.requests.models import Request
from tests.factories import PortFactory, ProductFactory
from tests.provisioning.access.test_pages import filled, signed_in

CART, ADD, REMOVE = (reverse(f"access:{each}") for each in ("cart", "cart-add", "cart-remove"))


def second_port(company) -> OutputPort:
    """A further port of the same product, with the same tables."""
    location = company.port.location
    return PortFactory(product=company.port.product, name="more", location=location)


def test_one_request_for_each_port_with_one_purpose(company):
    client, other = signed_in(company.consumer), second_port(company)
    page = client.get(company.port.get_absolute_url()).content.decode()
    assert "Add to my list" in page
    for port in (company.port, other, company.port):
        client.post(ADD, {"port": port.fqn})

    listed = client.get(CART).content.decode()
    sent = client.post(CART, filled(company))

    assert "Ask for 2 ports" in listed
    assert sent["Location"] == reverse("requests:requests")
    requests = Request.objects.order_by("number")
    assert [each.parameters["port"] for each in requests] == [company.port.fqn, other.fqn]
    assert len({each.purpose for each in requests}) == 1
    assert "Nothing on your list" in client.get(CART).content.decode()


def test_what_is_refused_stays_with_its_reason_and_keeps_no_other_from_its_owner(company, ask):
    client, other = signed_in(company.consumer), second_port(company)
    ask()
    for port in (company.port, other):
        client.post(ADD, {"port": port.fqn})

    sent = client.post(CART, filled(company))

    page = sent.content.decode()
    assert sent.status_code == 422
    assert "has asked for this access already" in page
    assert "Ask for 1 port<" in page
    assert Request.objects.count() == 2
    assert Request.objects.latest("number").parameters["port"] == other.fqn


def test_a_wrong_purpose_is_said_once_and_nothing_is_asked_for(company):
    client, other = signed_in(company.consumer), second_port(company)
    for port in (company.port, other):
        client.post(ADD, {"port": port.fqn})

    sent = client.post(CART, filled(company, purpose="x"))

    assert sent.status_code == 422
    assert sent.content.decode().count("10 characters or more") == 2  # above, and at the field
    assert not Request.objects.exists()


def test_the_list_takes_what_one_may_see_twenty_at_most_and_forgets_what_is_taken_off(company):
    client = signed_in(company.consumer)
    hidden = PortFactory(product=ProductFactory(visibility="restricted"))
    assert client.post(ADD, {"port": hidden.fqn}).status_code == 404
    for n in range(21):
        client.post(ADD, {"port": PortFactory(name=f"p{n}", product=company.port.product).fqn})

    listed = client.get(CART).content.decode()
    assert "Ask for 20 ports" in listed
    client.post(REMOVE, {"port": f"{company.port.product.fqn}/p3@1"})
    assert "Ask for 19 ports" in client.get(CART).content.decode()


def test_the_forms_own_hint_is_no_purpose(company):
    hint = "Say what you will do with the data."

    sent = signed_in(company.consumer).post(
        f"{reverse('access:ask')}?port={company.port.fqn}", filled(company, purpose=hint)
    )

    assert sent.status_code == 422
    assert "own hint" in sent.content.decode()
    assert not Request.objects.exists()
