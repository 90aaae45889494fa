"""What the change feed and webhooks say; no database."""
