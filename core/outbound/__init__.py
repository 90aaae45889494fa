"""The way out of the portal: one HTTP client with one set of rules, and signatures."""

from core.outbound.addresses import read_url
from core.outbound.client import Answer, Client, client_for
from core.outbound.errors import OutboundError, Refused, Unreachable
from core.outbound.limits import Limits

__all__ = [
    "Answer",
    "Client",
    "Limits",
    "OutboundError",
    "Refused",
    "Unreachable",
    "client_for",
    "read_url",
]
