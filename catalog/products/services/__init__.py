"""Verbs on products and their ports."""

from catalog.products.data import InputData, LinkData, OwnershipData, PortData, ProductData
from catalog.products.services.editing import (
    EDITABLE,
    edit_product,
    editable,
    revert_preview,
    revert_product,
)
from catalog.products.services.figures import record_readers, record_score
from catalog.products.services.handing import hand_over_product, own_contracts, release_name
from catalog.products.services.indexing import reindex
from catalog.products.services.inputs import link_systems
from catalog.products.services.lifecycle import (
    accept_product,
    deprecate_product,
    publish_product,
    remove_product,
    retire_product,
)
from catalog.products.services.outcomes import Outcome, RevisionDiffers, Saved
from catalog.products.services.saving import put_product, put_products, save_product

__all__ = [
    "EDITABLE",
    "InputData",
    "LinkData",
    "Outcome",
    "OwnershipData",
    "PortData",
    "ProductData",
    "RevisionDiffers",
    "Saved",
    "accept_product",
    "deprecate_product",
    "edit_product",
    "editable",
    "hand_over_product",
    "link_systems",
    "own_contracts",
    "publish_product",
    "put_product",
    "put_products",
    "record_readers",
    "record_score",
    "reindex",
    "release_name",
    "remove_product",
    "retire_product",
    "revert_preview",
    "revert_product",
    "save_product",
]
