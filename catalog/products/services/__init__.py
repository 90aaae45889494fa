"""Verbs on products and their ports."""

from catalog.products.data import InputData, PortData, ProductData
from catalog.products.services.demands import (
    DemandData,
    answer_demand,
    decline_demand,
    edit_demand,
    post_demand,
    take_demand,
    unvote,
    vote,
)
from catalog.products.services.figures import record_readers, record_score
from catalog.products.services.indexing import reindex
from catalog.products.services.lifecycle import (
    deprecate_product,
    publish_product,
    remove_product,
    retire_product,
)
from catalog.products.services.saving import Saved, put_product, save_product

__all__ = [
    "DemandData",
    "InputData",
    "PortData",
    "ProductData",
    "Saved",
    "answer_demand",
    "decline_demand",
    "deprecate_product",
    "edit_demand",
    "post_demand",
    "publish_product",
    "put_product",
    "record_readers",
    "record_score",
    "reindex",
    "remove_product",
    "retire_product",
    "save_product",
    "take_demand",
    "unvote",
    "vote",
]
