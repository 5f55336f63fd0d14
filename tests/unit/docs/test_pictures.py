"""The pictures of the pages can be read where they are shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.site import ROOT

PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))
# The width of a page's text in a window of 1,400 pixels.
COLUMN = 853


def smallest_text(svg: str) -> float:
    """The height of the smallest text of a picture in pixels, if the picture is no wider than the column."""
    (width,) = re.findall(r'^.*?<svg[^>]*viewBox="0 0 ([\d.]+) ', svg, re.DOTALL)
    sizes = map(float, re.findall(r"font-size: ?([\d.]+)px", svg))
    return min(sizes) * min(1, COLUMN / float(width))


@pytest.mark.parametrize("picture", PICTURES, ids=lambda file: file.stem)
def test_the_smallest_text_of_a_picture_has_nine_pixels(picture: Path) -> None:
    assert smallest_text(picture.read_text(encoding="utf-8")) >= 9


def test_a_text_that_becomes_too_small_is_found() -> None:
    svg = '<svg viewBox="0 0 1000 10"><style>.a{font-size:12px}.b{font-size:9.5px}</style></svg>'
    assert smallest_text(svg) == pytest.approx(8.1, abs=0.05)
