"""Queries to begin with; the first five are the scripts that people ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A query with variables, as the page at `/graphql/` offers it."""

    slug: str
    title: str
    query: str
    variables: str = "{}"


UPSTREAM_OWNERS = """# Everybody to talk to before X can change: owners of all it is made from.
query UpstreamOwners($node: String!) {
  lineage(node: $node, direction: UPSTREAM, depth: 20, first: 200) {
    totalNodes
    truncated
    nodes {
      name
      distance
      owner { slug name contact }
    }
  }
}"""
WEAK_PRODUCTS = """# Products whose score is below 80. Go on with "after": endCursor.
query WeakProducts($below: Float!, $after: String) {
  products(first: 100, after: $after, belowScore: $below, orderBy: NAME) {
    totalCount
    edges {
      node {
        fqn
        owner { slug contact }
        quality { score explanation { check lostPoints } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
PERSONAL_COLUMNS = """# Columns of a class, by product: what a register of personal data needs.
query PersonalColumns($classes: [String!]!, $after: String) {
  products(first: 20, after: $after, orderBy: NAME) {
    edges {
      node {
        fqn
        owner { slug }
        outputPorts(first: 4) {
          edges {
            node {
              fqn
              contractVersion {
                columns(first: 100, classification: $classes) {
                  edges { node { object path logicalType classification } }
                }
              }
            }
          }
        }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
WAIT = """# Ask again every few seconds until the state is SUCCEEDED, FAILED or CANCELLED.
# Give the endCursor of the log as "after": only new lines come.
query Wait($id: ID!, $after: String) {
  operation(id: $id) {
    state
    errorText
    steps { n name state summary }
    log(first: 50, after: $after) {
      edges { node { at level text } }
      pageInfo { endCursor }
    }
  }
}"""
SYNC = """# Nightly: keep the endCursor, and give it as "after" the next night. Nothing is missed.
query Sync($after: String) {
  events(first: 200, after: $after, types: ["product.*"]) {
    edges { node { type timestamp subject { kind id name } facts } }
    pageInfo { hasNextPage endCursor }
  }
}"""
PRODUCTS = """# The most trusted products, with what makes them so.
query Products($first: Int!) {
  products(first: $first, orderBy: RANK) {
    edges {
      node {
        fqn
        owner { name }
        domain { path }
        quality { score dimensions { dimension score } }
        upstream { name distance }
        outputPorts { edges { node { fqn technology } } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
INBOX = """# What waits for my decision, and why it is mine.
query Inbox {
  viewer { username teams { slug } unreadNotifications }
  approvals(first: 20) {
    edges {
      node {
        why
        dueAt
        request { id number title purpose requester { name } }
      }
    }
  }
}"""
ASK = """# Ask for access. What is wrong comes back as problems, and nothing is changed.
mutation Ask($port: String!, $consumer: String!, $until: Date!) {
  requestAccess(port: $port, consumer: $consumer, until: $until, purpose: "Weekly report") {
    request { id number state waitingFor { slug } }
    problems { pointer code message }
  }
}"""
EXAMPLES = (
    Example(
        "upstream-owners",
        "Owners of everything upstream",
        UPSTREAM_OWNERS,
        '{"node": "product:sales.orders"}',
    ),
    Example("weak-products", "Products under score 80", WEAK_PRODUCTS, '{"below": 80}'),
    Example(
        "personal-columns",
        "Columns classified personal",
        PERSONAL_COLUMNS,
        '{"classes": ["personal"]}',
    ),
    Example(
        "wait",
        "Wait for an operation",
        WAIT,
        '{"id": "00000000-0000-0000-0000-000000000000"}',
    ),
    Example("sync", "Nightly sync by the change feed", SYNC),
    Example("products", "Products with owner and quality", PRODUCTS, '{"first": 10}'),
    Example("inbox", "What waits for me", INBOX),
    Example(
        "ask",
        "Ask for access",
        ASK,
        '{"port": "sales.orders/table@1", "consumer": "team:marketing", "until": "2027-01-31"}',
    ),
)
BY_SLUG = {each.slug: each for each in EXAMPLES}
