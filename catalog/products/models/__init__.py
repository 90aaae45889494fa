"""Data products, their ports, operational systems, and what people say of them."""

from catalog.products.models.demands import Demand, DemandQuerySet, DemandVote
from catalog.products.models.history import FormerName, Revision
from catalog.products.models.people import Follow, Ownership
from catalog.products.models.ports import InputPort, OutputPort, OutputPortQuerySet, PortDataset
from catalog.products.models.product import DataProduct, DataProductQuerySet, page_address
from catalog.products.models.systems import System, SystemDataset, SystemPort, SystemQuerySet
from catalog.products.models.talk import Announcement, Comment

__all__ = [
    "Announcement",
    "Comment",
    "DataProduct",
    "DataProductQuerySet",
    "Demand",
    "DemandQuerySet",
    "DemandVote",
    "Follow",
    "FormerName",
    "InputPort",
    "OutputPort",
    "OutputPortQuerySet",
    "Ownership",
    "PortDataset",
    "Revision",
    "System",
    "SystemDataset",
    "SystemPort",
    "SystemQuerySet",
    "page_address",
]
