"""The webhook driver: a team's own small service makes what no driver knows."""

from provisioning.drivers.webhook.driver import WebhookDriver

__all__ = ["WebhookDriver"]
