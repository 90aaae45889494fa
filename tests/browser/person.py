"""Somebody at the portal: a browser of their own, and what its console complained of."""

from __future__ import annotations

from typing import Any

from tests.browser.conftest import Portal

WAIT_MS = 30_000


class Person:
    """Somebody logged in, in a browser of their own."""

    def __init__(
        self, chromium: Any, portal: Portal, user: str, width: int = 1440, **options: Any
    ) -> None:
        self.portal = portal
        viewport = {"width": width, "height": 900}
        self.context = chromium.new_context(viewport=viewport, **options)
        self.context.set_default_timeout(WAIT_MS)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._listen)
        self.goto("/accounts/login/")
        self.page.fill("#username", user)
        self.page.fill("#password", portal.password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{portal.url}/")

    def _listen(self, message: Any) -> None:
        if "Content Security Policy" in message.text or message.type == "error":
            self.complaints.append(message.text)

    def goto(self, path: str) -> None:
        self.page.goto(self.portal.url + path)

    def click(self, name: str, role: str = "button") -> None:
        self.page.get_by_role(role, name=name).first.click()

    def sees(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()
