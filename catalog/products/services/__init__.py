"""Verbs on products and their ports."""

from catalog.products.data import (
    InputData,
    LinkData,
    OwnershipData,
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
from catalog.products.services.due import apply_due_versions
from catalog.products.services.editing import (
    EDITABLE,
    data_of,
    edit_product,
    editable,
    revert_preview,
    revert_product,
)
from catalog.products.services.figures import (
    ScoreData,
    lock_products,
    record_readers,
    record_scores,
    record_written,
)
from catalog.products.services.following import follow_product, unfollow_product
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
from catalog.products.services.offering import offer_writes
from catalog.products.services.outcomes import Outcome, RevisionDiffers, Saved
from catalog.products.services.saving import put_product, put_products, save_product
from catalog.products.services.systems import (
    put_system,
    reindex_systems,
    release_system_name,
)

__all__ = [
    "EDITABLE",
    "DemandData",
    "InputData",
    "LinkData",
    "Outcome",
    "OwnershipData",
    "PortData",
    "ProductData",
    "RevisionDiffers",
    "Saved",
    "ScoreData",
    "SystemData",
    "SystemPortData",
    "TooManyComments",
    "accept_product",
    "answer_demand",
    "apply_due_versions",
    "data_of",
    "decline_demand",
    "deprecate_product",
    "edit_announcement",
    "edit_comment",
    "edit_demand",
    "edit_product",
    "editable",
    "end_announcement",
    "follow_product",
    "hand_over_product",
    "link_systems",
    "lock_products",
    "make_announcement",
    "offer_writes",
    "own_contracts",
    "post_demand",
    "publish_product",
    "put_product",
    "put_products",
    "put_system",
    "record_readers",
    "record_scores",
    "record_written",
    "reindex",
    "reindex_systems",
    "release_name",
    "release_system_name",
    "remove_comment",
    "remove_product",
    "retire_product",
    "revert_preview",
    "revert_product",
    "save_product",
    "take_demand",
    "unfollow_product",
    "unvote",
    "vote",
    "write_comment",
]
