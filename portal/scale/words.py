"""What the names of a synthetic catalogue are made of; frequent ones stand first."""

from __future__ import annotations

from typing import NamedTuple


class Col(NamedTuple):
    """A column that many tables have. `marks`: r required, c confidential, n never negative."""

    name: str
    logical_type: str
    physical_type: str
    description: str
    marks: str = ""


DOMAINS = (
    *("sales", "marketing", "finance", "supply", "logistics", "customer-care", "manufacturing"),
    *("procurement", "people", "risk", "payments", "pricing", "energy", "research", "legal"),
    *("facilities", "partners", "digital", "insurance", "treasury"),
)
AREAS = (
    *("orders", "retail", "wholesale", "online", "stores", "forecasting", "planning", "returns"),
    *("campaigns", "loyalty", "billing", "ledger", "claims", "inventory", "transport", "quality"),
    *("assets", "workforce", "contracts", "suppliers", "fraud", "reporting", "mobility", "service"),
)
REGIONS = (
    *("emea", "americas", "apac", "nordics", "dach", "iberia", "benelux", "uk", "france"),
    *("italy", "poland", "japan", "india", "brazil", "canada", "oceania"),
)
SUBJECTS = (  # plural, singular
    ("orders", "order"),
    ("customers", "customer"),
    ("shipments", "shipment"),
    ("invoices", "invoice"),
    ("payments", "payment"),
    ("products", "product"),
    ("visits", "visit"),
    ("returns", "return"),
    ("contracts", "contract"),
    ("employees", "employee"),
    ("suppliers", "supplier"),
    ("stock levels", "stock_level"),
    ("prices", "price"),
    ("campaigns", "campaign"),
    ("subscriptions", "subscription"),
    ("tickets", "ticket"),
    ("deliveries", "delivery"),
    ("accounts", "account"),
    ("claims", "claim"),
    ("policies", "policy"),
    ("machines", "machine"),
    ("sensor readings", "reading"),
    ("work orders", "work_order"),
    ("budgets", "budget"),
    ("forecasts", "forecast"),
    ("leads", "lead"),
    ("quotes", "quote"),
    ("stores", "store"),
    ("vehicles", "vehicle"),
    ("routes", "route"),
    ("defects", "defect"),
    ("audits", "audit"),
    ("surveys", "survey"),
    ("trainings", "training"),
    ("refunds", "refund"),
    ("coupons", "coupon"),
    ("baskets", "basket"),
    ("sessions", "session"),
    ("warehouses", "warehouse"),
    ("purchases", "purchase"),
    ("meter readings", "meter_reading"),
    ("outages", "outage"),
    ("permits", "permit"),
    ("patents", "patent"),
    ("experiments", "experiment"),
    ("samples", "sample"),
    ("leases", "lease"),
    ("donations", "donation"),
)
QUALIFIERS = (
    *("daily", "monthly", "open", "enriched", "net", "historic", "current", "weekly", "regional"),
    *("reconciled", "anonymised", "late", "cancelled", "projected", "consolidated", "raw"),
    *("classified", "scored", "duplicate-free", "hourly", "seasonal", "disputed", "archived"),
    *("cross-border", "prepaid", "recurring", "refurbished", "bonded", "provisional"),
)
FACETS = (
    *("by channel", "by region", "by segment", "by day", "history", "summary", "features"),
    *("margin", "churn", "lead times", "costs", "master data", "snapshot", "events", "coverage"),
    *("benchmarks", "elasticity", "carbon footprint", "attribution", "lifetime value"),
    *("cohorts", "anomalies", "service levels", "tariffs", "provenance", "capacity"),
)
PURPOSES = (
    "Everything known about {subject} in {domain}, ready for analysis",
    "One trusted list of {subject} for reports and planning",
    "Shows how {subject} develop in {domain}",
    "Feeds dashboards and models with {subject}",
    "Lets teams reconcile {subject} with their own records",
    "Explains why {subject} change from one week to the next",
)
WORDS = (
    *("data", "from", "the", "system", "daily", "records", "one", "row", "per", "business", "day"),
    *("source", "cleaned", "joined", "amounts", "in", "euro", "time", "zone", "late", "arriving"),
    *("corrections", "included", "excluded", "test", "entries", "history", "since", "regions"),
    *("currency", "converted", "rates", "closing", "status", "changes", "tracked", "identifiers"),
    *("stable", "mapping", "master", "reference", "quality", "checked", "nightly", "load"),
    *("freshness", "partition", "month", "aggregated", "grain", "customer", "margin", "revenue"),
    *("discount", "tax", "gross", "net", "channel", "segment", "forecast", "actuals", "deviation"),
    *("tolerance", "manual", "override", "approval", "audit", "retention", "archive", "legal"),
    *("hold", "consent", "anonymised", "pseudonym", "sampling", "bias", "outlier", "imputed"),
    *("seasonality", "holiday", "calendar", "weather", "tariff", "customs", "incoterm", "pallet"),
    *("container", "vessel", "telemetry", "vibration", "torque", "calibration", "assay", "cohort"),
    *("hedge", "accrual", "amortisation", "escrow", "indemnity", "reinsurance", "actuarial"),
)
TAGS = (
    *("gold", "pii", "gdpr", "realtime", "batch", "kpi", "finance-close", "machine-learning"),
    *("regulatory", "experimental", "legacy", "shared", "external", "iot", "geo", "esg"),
    *("customer-360", "forecast", "audit", "open-data", "nightly", "sox", "bcbs239", "beta"),
)
FIRST_NAMES = (
    *("Anna", "Ben", "Chiara", "David", "Elif", "Femi", "Greta", "Hugo", "Ines", "Jonas"),
    *("Katja", "Liam", "Mei", "Noor", "Oskar", "Priya", "Quentin", "Rosa", "Sven", "Tomoko"),
)
LAST_NAMES = (
    *("Almeida", "Berger", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Hansen", "Ito"),
    *("Jansen", "Kowalski", "Lindqvist", "Moreau", "Novak", "Okafor", "Patel", "Quinn", "Rossi"),
)
TEAM_NAMES = ("Insights", "Operations", "Engineering", "Analytics", "Platform", "Stewardship")
SYSTEMS = (
    ("SAP S/4HANA", "ERP"),
    ("Salesforce", "CRM"),
    ("Shopify", "Shop"),
    ("Oracle EBS", "Ledger"),
    ("ServiceNow", "Service desk"),
    ("Manhattan WMS", "Warehouse system"),
    ("Workday", "People system"),
    ("PostgreSQL", "Back office"),
)
COMMENTS = (
    "Are cancelled ones included?",
    "The time zone is UTC, right?",
    "We use it for the weekly review and it works well.",
    "Yesterday's partition came late; is that known?",
    "Could you add the **channel**?",
    "Which column holds the currency?",
)
TECHNOLOGIES = ("postgresql", "snowflake", "s3", "bigquery", "kafka", "databricks")

COLUMNS = (
    Col("created_at", "timestamp", "timestamptz", "When it was first recorded", "r"),
    Col("updated_at", "timestamp", "timestamptz", "When it last changed"),
    Col("status", "string", "text", "State at the end of the day", "r"),
    Col("amount", "number", "numeric(14,2)", "Amount in the booking currency", "n"),
    Col("currency", "string", "char(3)", "ISO 4217 code"),
    Col("quantity", "integer", "integer", "Pieces", "n"),
    Col("country_code", "string", "char(2)", "ISO 3166 code of the country"),
    Col("channel", "string", "text", "Where it came in: web, app, store or phone"),
    Col("customer_id", "string", "text", "The customer, pseudonymised", "c"),
    Col("email", "string", "text", "Address the customer gave", "c"),
    Col("region", "string", "text", "Sales region"),
    Col("valid_from", "date", "date", "First day on which the row holds", "r"),
    Col("valid_to", "date", "date", "Last day on which the row holds"),
    Col("net_amount", "number", "numeric(14,2)", "Amount without tax"),
    Col("tax_rate", "number", "numeric(5,4)", "Share of tax in the amount", "n"),
    Col("is_test", "boolean", "boolean", "Whether it is a test entry"),
    Col("source_system", "string", "text", "System that recorded it"),
    Col("store_id", "string", "text", "The store, where there is one"),
    Col("product_code", "string", "text", "Article number"),
    Col("category", "string", "text", "Category of the article"),
    Col("discount_percent", "number", "numeric(5,2)", "Discount granted", "n"),
    Col("delivered_at", "timestamp", "timestamptz", "When it reached the customer"),
    Col("promised_date", "date", "date", "Day that was promised"),
    Col("carrier", "string", "text", "Who carries it"),
    Col("weight_kg", "number", "numeric(10,3)", "Weight in kilograms", "n"),
    Col("supplier_id", "string", "text", "The supplier"),
    Col("cost_centre", "string", "text", "Cost centre that pays"),
    Col("ledger_account", "string", "text", "Account in the general ledger"),
    Col("segment", "string", "text", "Customer segment"),
    Col("churn_risk", "number", "real", "Probability of leaving within 90 days"),
    Col("lifetime_value", "number", "numeric(14,2)", "Expected margin over the relationship"),
    Col("birth_date", "date", "date", "Date of birth", "c"),
    Col("phone_number", "string", "text", "Telephone number", "c"),
    Col("postal_code", "string", "text", "Postal code of the address", "c"),
    Col("iban", "string", "text", "Bank account", "c"),
    Col("latitude", "number", "double precision", "Degrees north"),
    Col("longitude", "number", "double precision", "Degrees east"),
    Col("temperature_c", "number", "real", "Degrees Celsius at the sensor"),
    Col("vibration_mm_s", "number", "real", "Vibration velocity"),
    Col("machine_id", "string", "text", "The machine"),
    Col("shift", "string", "text", "Early, late or night"),
    Col("defect_code", "string", "text", "Kind of defect"),
    Col("campaign_id", "string", "text", "Campaign that is credited"),
    Col("utm_source", "string", "text", "Source named in the link"),
    Col("session_id", "string", "text", "Visit in which it happened"),
    Col("page_url", "string", "text", "Page that was shown"),
    Col("consent_given", "boolean", "boolean", "Whether marketing is allowed", "c"),
    Col("exchange_rate", "number", "numeric(12,6)", "Rate to euro on the booking day", "n"),
    Col("accrual_period", "string", "text", "Month to which the cost belongs"),
    Col("incoterm", "string", "text", "Terms of delivery"),
    Col("container_number", "string", "text", "ISO 6346 number"),
    Col("co2_kg", "number", "numeric(12,3)", "Emissions in kilograms", "n"),
    Col("meter_value", "number", "numeric(14,3)", "Counter of the meter", "n"),
    Col("tariff_code", "string", "text", "Tariff that applies"),
    Col("policy_number", "string", "text", "Number of the policy"),
    Col("claim_reason", "string", "text", "Why the claim was made"),
    Col("employee_id", "string", "text", "The employee", "c"),
    Col("salary_band", "string", "text", "Band of the salary", "c"),
    Col("hire_date", "date", "date", "First working day", "c"),
    Col("cohort_month", "date", "date", "Month of the first purchase"),
)
