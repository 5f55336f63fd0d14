"""Stands in for a library that draws pages, with troubles that an invoice's lines ask for.

- `missing-picture`: cannot be drawn with pictures;
- `broken-font`: cannot be drawn with fonts;
- `endless-table`: cannot be drawn.
"""

from typing import Any


class LayoutError(Exception):
    """The page could not be drawn."""


def draw(invoice: dict[str, Any], *, pictures: bool = True, fonts: bool = True) -> str:
    """Draw an invoice.

    Args:
        invoice: Its `id`, `lines` and `total`.
        pictures: Whether with pictures.
        fonts: Whether with fonts.

    Returns:
        The page.

    Raises:
        LayoutError: It could not be drawn.
    """
    for line in invoice["lines"]:
        if line == "endless-table":
            raise LayoutError("the table does not end")
        if line == "missing-picture" and pictures:
            raise LayoutError("a picture is missing")
        if line == "broken-font" and fonts:
            raise LayoutError("a font is broken")
    return f"{invoice['id']}: {', '.join(invoice['lines'])}, {invoice['total']:.2f} EUR"
