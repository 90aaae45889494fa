"""What can go wrong when the portal calls out; messages are safe to show and hold no secret."""


class OutboundError(Exception):
    """A call was not made or did not do what it should."""


class Unreachable(OutboundError):
    """May work later: the network, a time limit, or a server that is busy or broken."""

    def __init__(self, message: str, *, retry_after_s: float = 2.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Refused(OutboundError):
    """Will not work by trying again: we do not call it, or it says no."""
