"""Verbs on products and their ports."""

from catalog.products.data import (
    InputData,
    LinkData,
    PortData,
    ProductData,
    SystemData,
    SystemPortData,
)
from catalog.products.services.announcing import (
    edit_announcement,
    end_announcement,
    make_announcement,
)
from catalog.products.services.commenting import (
    TooManyComments,
    edit_comment,
    remove_comment,
    write_comment,
)
from catalog.products.services.figures import record_readers, record_score
from catalog.products.services.following import follow_product, unfollow_product
from catalog.products.services.indexing import reindex
from catalog.products.services.lifecycle import (
    deprecate_product,
    publish_product,
    remove_product,
    retire_product,
)
from catalog.products.services.saving import Saved, put_product, save_product
from catalog.products.services.systems import (
    link_waiting_inputs,
    link_waiting_systems,
    put_system,
    reindex_systems,
)

__all__ = [
    "InputData",
    "LinkData",
    "PortData",
    "ProductData",
    "Saved",
    "SystemData",
    "SystemPortData",
    "TooManyComments",
    "deprecate_product",
    "edit_announcement",
    "edit_comment",
    "end_announcement",
    "follow_product",
    "link_waiting_inputs",
    "link_waiting_systems",
    "make_announcement",
    "publish_product",
    "put_product",
    "put_system",
    "record_readers",
    "record_score",
    "reindex",
    "reindex_systems",
    "remove_comment",
    "remove_product",
    "retire_product",
    "save_product",
    "unfollow_product",
    "write_comment",
]
