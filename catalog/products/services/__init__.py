"""Verbs on products and their ports."""

from catalog.products.data import InputData, LinkData, OwnershipData, PortData, ProductData
from catalog.products.services.figures import record_readers, record_score
from catalog.products.services.indexing import reindex
from catalog.products.services.lifecycle import (
    deprecate_product,
    publish_product,
    remove_product,
    retire_product,
)
from catalog.products.services.inputs import link_systems
from catalog.products.services.outcomes import Outcome, RevisionDiffers, Saved
from catalog.products.services.saving import put_product, put_products, save_product

__all__ = [
    "InputData",
    "LinkData",
    "Outcome",
    "OwnershipData",
    "PortData",
    "ProductData",
    "RevisionDiffers",
    "Saved",
    "deprecate_product",
    "link_systems",
    "publish_product",
    "put_product",
    "put_products",
    "record_readers",
    "record_score",
    "reindex",
    "remove_product",
    "retire_product",
    "save_product",
]
