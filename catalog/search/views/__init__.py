"""Pages of the marketplace."""

from catalog.search.views.export import export
from catalog.search.views.marketplace import marketplace
from catalog.search.views.saved import saved_search, saved_searches
from catalog.search.views.typing import suggestions

__all__ = ["export", "marketplace", "saved_search", "saved_searches", "suggestions"]
