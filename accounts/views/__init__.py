"""Pages of login, tokens and service accounts."""

from accounts.views.login import locked_out

__all__ = ["locked_out"]  # named by the settings
