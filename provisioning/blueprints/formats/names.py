"""From what people type as a name to the name in addresses."""

from catalog.products.names import slug_problem, slugified
from core.documents import unsafe_character
from core.problems import Problem


def name_problems(name: str, pointer: str) -> list[Problem]:
    """Why a name could mislead its readers or has no address; empty when it is fine."""
    hidden = unsafe_character(name)
    if hidden:
        message = f"Remove the invisible or control character {hidden}."
        return [Problem(pointer, "unsafe-character", message)]
    slug = slugified(name)
    if not slug:
        message = "Write the name with the letters a to z; its address is made from them."
        return [Problem(pointer, "no-address", message)]
    reserved = slug_problem(slug, pointer)
    return [reserved] if reserved else []
