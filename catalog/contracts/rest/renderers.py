"""YAML answers: the view gives the text; anything else (a problem) is JSON, which YAML includes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer


class YamlRenderer(JSONRenderer):
    media_type = "application/yaml"
    format = "yaml"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        if isinstance(data, str):
            return data.encode()
        return super().render(data, accepted_media_type, renderer_context)


class TextYamlRenderer(YamlRenderer):
    media_type = "text/yaml"
    format = "text-yaml"


YAML_RENDERERS = (YamlRenderer, TextYamlRenderer)
