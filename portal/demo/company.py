"""Fernhaven, the demo company: a retailer with shops and a web shop. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

PEOPLE = {  # user name: (name, portal role)
    "consumer": ("Carla Consumer", "member"),
    "owner": ("Oskar Owner", "member"),
    "steward": ("Stella Steward", "steward"),
    "platform": ("Pavel Platform", "platform"),
    "admin": ("Ada Admin", "admin"),
    "imani": ("Imani Oduya", "member"),
    "jonas": ("Jonas Brandt", "member"),
    "lucia": ("Lucía Ferrer", "member"),
    "mei": ("Mei Tanaka", "member"),
    "tomasz": ("Tomasz Nowak", "member"),
}

DOMAINS = {  # path: (name, owner team, purpose)
    "sales": ("Sales", "sales-data", "Orders, prices and what they earn, in every channel."),
    "supply": ("Supply", "fulfilment-data", "Getting goods to shops and customers."),
    "supply.returns": ("Returns", "returns-operations", "Goods that come back, and why."),
    "customer": ("Customer", "customer-identity", "Who buys, with consent."),
    "finance": ("Finance", "finance-reporting", "Revenue, cost and cash in closed figures."),
    "marketing": ("Marketing", "web-analytics", "Campaigns, traffic and what they bring."),
    "stores": ("Stores", "store-systems", "Tills, staff and stock in the shops."),
    "platform": ("Platform", "platform", "The self-serve data platform itself."),
    "sandbox": ("Sandbox", "platform", "A place to try things; nothing here is promised."),
}


@dataclass(frozen=True)
class TeamData:
    name: str
    kind: str
    domain: str
    contact: str
    members: dict[str, str]  # user name: role


TEAMS = {
    "sales-data": TeamData(
        "Sales Data team", "stream-aligned", "sales", "#sales-data", {"owner": "owner"}
    ),
    "fulfilment-data": TeamData(
        "Fulfilment Data team", "stream-aligned", "supply", "#fulfilment", {"imani": "owner"}
    ),
    "returns-operations": TeamData(
        "Returns Operations", "stream-aligned", "supply.returns", "#returns", {"jonas": "owner"}
    ),
    "customer-identity": TeamData(
        "Customer Identity team", "stream-aligned", "customer", "#customer-360", {"lucia": "owner"}
    ),
    "finance-reporting": TeamData(
        "Finance Reporting team", "stream-aligned", "finance", "#finance-data", {"mei": "owner"}
    ),
    "web-analytics": TeamData(
        "Web Analytics team",
        "stream-aligned",
        "marketing",
        "#web-analytics",
        {"consumer": "owner"},
    ),
    "store-systems": TeamData(
        "Store Systems team", "stream-aligned", "stores", "#store-systems", {"tomasz": "owner"}
    ),
    "platform": TeamData(
        "Data Platform team",
        "platform",
        "platform",
        "#data-platform",
        {"platform": "owner", "admin": "contributor"},
    ),
    "governance": TeamData(
        "Data Governance", "enabling", "platform", "#data-governance", {"steward": "owner"}
    ),
}

# name, logical type, marks (k key, r required, c confidential), description
Col = tuple[str, str, str, str]


@dataclass(frozen=True)
class ProductSpec:
    """A product of the demo; `real` ones get tables with rows in the warehouse."""

    domain: str
    slug: str
    name: str
    team: str
    archetype: str
    purpose: str
    description: str
    columns: list[Col]
    status: str = "active"
    classification: str = "internal"
    visibility: str = "company"
    reads: list[str] = field(default_factory=list)  # fqn of what it is made from
    tags: list[str] = field(default_factory=list)
    score: float | None = 95.0  # of the results that the demo records; None: never measured
    real: bool = False
    retention_days: int = 730


ORDER_COLUMNS: list[Col] = [
    ("order_id", "string", "kr", "The order's number, never used again."),
    ("customer_id", "string", "rc", "Who ordered."),
    ("channel", "string", "r", "web, app, store or phone."),
    ("order_value_eur", "number", "r", "Sum of all lines in euro at the rate of the day."),
    ("ordered_at", "timestamp", "r", "When the customer confirmed."),
    ("changed_at", "timestamp", "r", "Last correction; always moves forward."),
]

PRODUCTS = [
    ProductSpec(
        "sales",
        "orders",
        "Orders",
        "sales-data",
        "source-aligned",
        "Every order placed in any channel, one row per order, corrected within the hour.",
        "The reference for order counts and order value. An order appears when the customer "
        "confirms, whatever the channel.\n\nUse it to count and to join. Do not use it for "
        "revenue: cancelled and returned goods are still in it. **Revenue Daily** has closed "
        "figures.",
        ORDER_COLUMNS,
        tags=["golden", "gdpr-reviewed"],
        real=True,
        score=None,
    ),
    ProductSpec(
        "sales",
        "order-lines",
        "Order Lines",
        "sales-data",
        "source-aligned",
        "What was bought: one row per order and article.",
        "Lines of the orders with article, quantity and price.",
        [
            ("order_id", "string", "kr", "The order."),
            ("line_no", "integer", "kr", "Counts from 1 in each order."),
            ("article_id", "string", "r", "What was bought."),
            ("quantity", "integer", "r", "Pieces."),
            ("line_value_eur", "number", "r", "Price times quantity in euro."),
        ],
        reads=["sales.orders"],
        tags=["golden"],
        score=93.0,
    ),
    ProductSpec(
        "sales",
        "price-history",
        "Price History",
        "sales-data",
        "source-aligned",
        "Every price of every article since 2015, with the day it was valid from.",
        "Regular and campaign prices per article and country.",
        [
            ("article_id", "string", "kr", "The article."),
            ("valid_from", "date", "kr", "First day of the price."),
            ("price_eur", "number", "r", "Price with tax in euro."),
        ],
        score=99.0,
    ),
    ProductSpec(
        "sales",
        "orders-legacy",
        "Orders (legacy export)",
        "sales-data",
        "source-aligned",
        "Nightly file of the previous day. Use Orders instead.",
        "Kept until the last reader has moved to **Orders**.",
        ORDER_COLUMNS[:4],
        status="deprecated",
        reads=["sales.orders"],
        score=62.0,
    ),
    ProductSpec(
        "supply",
        "shipments",
        "Shipments",
        "fulfilment-data",
        "source-aligned",
        "Parcels from pick to doorstep with each scan on the way.",
        "One row per parcel with its latest scan.",
        [
            ("shipment_id", "string", "kr", "The parcel."),
            ("order_id", "string", "r", "The order it belongs to."),
            ("carrier", "string", "r", "Who carries it."),
            ("shipped_at", "timestamp", "", "When it left the warehouse."),
            ("delivered_at", "timestamp", "", "When it arrived; empty until then."),
        ],
        reads=["sales.orders"],
        score=None,
        real=True,
        tags=["golden"],
    ),
    ProductSpec(
        "supply",
        "delivery-promise",
        "Delivery Promise",
        "fulfilment-data",
        "aggregate",
        "Promised against actual delivery per day, country and carrier.",
        "How well we keep what we promise at check-out.",
        [
            ("day", "date", "kr", "Day of the promise."),
            ("country", "string", "kr", "ISO 3166 country."),
            ("kept_share", "number", "r", "Share of parcels on time, 0 to 1."),
        ],
        reads=["supply.shipments", "sales.orders"],
        score=90.0,
    ),
    ProductSpec(
        "supply.returns",
        "returns",
        "Returns",
        "returns-operations",
        "source-aligned",
        "Goods sent back: reason, condition and refund.",
        "One row per returned line from announcement to refund.",
        [
            ("return_id", "string", "kr", "The return."),
            ("order_id", "string", "r", "The order it came from."),
            ("reason", "string", "r", "Why, from a list of twelve."),
            ("refund_eur", "number", "", "What was paid back."),
        ],
        reads=["sales.order-lines"],
        score=74.0,
    ),
    ProductSpec(
        "customer",
        "customer-360",
        "Customer 360",
        "customer-identity",
        "aggregate",
        "One row per household: orders, returns, loyalty and consent.",
        "The joined view of a customer. Contact data stays in the domain.",
        [
            ("customer_id", "string", "krc", "The household."),
            ("loyalty_tier", "string", "", "none, silver, gold."),
            ("last_order_id", "string", "", "The latest order."),
            ("consent_marketing", "boolean", "r", "May be written to."),
            ("email", "string", "c", "Only inside the domain."),
        ],
        classification="restricted",
        reads=["sales.orders", "supply.returns.returns"],
        score=91.0,
        tags=["golden", "personal-data"],
    ),
    ProductSpec(
        "finance",
        "revenue-daily",
        "Revenue Daily",
        "finance-reporting",
        "aggregate",
        "Net revenue by day, channel and country, closed each morning at six.",
        "The figures that the board sees. A closed day never changes.",
        [
            ("day", "date", "kr", "The closed day."),
            ("channel", "string", "kr", "web, app, store or phone."),
            ("country", "string", "kr", "ISO 3166 country."),
            ("net_revenue_eur", "number", "r", "Without tax and returns."),
        ],
        classification="confidential",
        reads=["sales.order-lines", "supply.returns.returns", "sales.price-history"],
        score=97.0,
        tags=["golden"],
    ),
    ProductSpec(
        "finance",
        "payment-settlements",
        "Payment Settlements",
        "finance-reporting",
        "source-aligned",
        "Captured, refunded and disputed payments, as the acquirers report them.",
        "Matched to orders by merchant_order_id.",
        [
            ("settlement_id", "string", "kr", "The acquirer's number."),
            ("merchant_order_id", "string", "r", "Our order."),
            ("amount_eur", "number", "r", "Negative for refunds."),
            ("settled_on", "date", "r", "Day of the pay-out."),
        ],
        classification="confidential",
        score=98.0,
    ),
    ProductSpec(
        "finance",
        "board-figures",
        "Board Figures",
        "finance-reporting",
        "consumer-aligned",
        "The twelve numbers of the monthly board report.",
        "Made for one reader. Everything in it comes from Revenue Daily.",
        [
            ("month", "date", "kr", "First day."),
            ("figure", "string", "kr", "Which of the twelve."),
            ("value", "number", "r", "As printed."),
        ],
        classification="restricted",
        visibility="restricted",
        reads=["finance.revenue-daily"],
        score=100.0,
    ),
    ProductSpec(
        "marketing",
        "campaign-attribution",
        "Campaign Attribution",
        "web-analytics",
        "consumer-aligned",
        "Orders credited to campaigns by last click and by data-driven model.",
        "Both models side by side; choose one and keep it.",
        [
            ("order_id", "string", "kr", "The order."),
            ("campaign_id", "string", "kr", "The campaign."),
            ("model", "string", "kr", "last-click or data-driven."),
            ("credit", "number", "r", "Share of the order, 0 to 1."),
        ],
        reads=["sales.orders"],
        score=81.0,
    ),
    ProductSpec(
        "marketing",
        "basket-affinity",
        "Basket Affinity",
        "web-analytics",
        "consumer-aligned",
        "Articles bought together, refreshed each week.",
        "An experiment; tell us what you miss.",
        [
            ("article_a", "string", "kr", "One."),
            ("article_b", "string", "kr", "The other."),
            ("lift", "number", "r", "Above 1: more often than by chance."),
        ],
        status="draft",
        reads=["sales.order-lines"],
        score=None,
    ),
    ProductSpec(
        "stores",
        "store-receipts",
        "Store Receipts",
        "store-systems",
        "source-aligned",
        "Every receipt printed by a till, within the hour.",
        "Tills that lost their clock are corrected by the next morning.",
        [
            ("receipt_id", "string", "kr", "The receipt."),
            ("store_id", "string", "r", "The shop."),
            ("web_order_id", "string", "", "Filled for click and collect."),
            ("total_eur", "number", "r", "With tax."),
            ("printed_at", "timestamp", "r", "By the till's clock."),
        ],
        score=86.0,
    ),
]
