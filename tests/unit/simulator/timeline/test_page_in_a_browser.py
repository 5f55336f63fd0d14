"""Pages in Chromium, if there is one: nothing that axe objects to, and labels that can be read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redrive_simulator.timeline.timeline import Timeline
from tests.support import profiles
from tests.support.simulator.timeline import timelines

ROOT = Path(__file__).parents[4]
CHECKS = ROOT / "tests" / "support" / "simulator" / "timeline" / "check_pages.mjs"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(profiles.PROFILE == "fast", reason="`make soak` opens pages in a browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium"),
]


def found_on(*pages: Path) -> list[dict[str, Any]]:
    """Return the faults of pages, at two widths, in light and dark."""
    command = [os.environ["JSII_NODE"], str(CHECKS), str(CHROMIUM), str(AXE), *map(str, pages)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout)


@pytest.mark.parametrize(
    "timeline",
    [
        Timeline,
        timelines.receives,
        timelines.every_kind,
        timelines.shards,
        timelines.hostile,
        lambda: timelines.huge(100_000),
    ],
    ids=["empty", "receives", "every kind", "shards", "hostile", "100,000 entries"],
)
def test_axe_objects_to_nothing_and_labels_can_be_read(timeline: Callable[[], Timeline], tmp_path: Path) -> None:
    assert found_on(timeline().write_html(tmp_path / "page.html")) == []


def test_what_is_wrong_with_a_page_is_found(tmp_path: Path) -> None:
    wrong = {  # what is found, and what is changed for it
        "color-contrast": ("color: var(--faint)", "color: #ccc"),
        "is cut": ('<svg id="drawing">', '<svg id="drawing" transform="translate(-200)">'),
        "cover each other": (".small { font-size: 9.5px", ".small { font-size: 60px"),
        "wider than the window": ("body { margin: 0", "body { margin: 0; min-width: 2000px"),
        "jumps when the view is moved": ("const at = (x) =>", "const at = (x) => (x % 2 > 1 ? view.left : 0) +"),
        "Error": ("filter();", "filter(); wrong();"),
    }
    text = timelines.receives().html().replace("Content-Security-Policy", "none")
    for old, new in wrong.values():
        assert old in text
        text = text.replace(old, new)
    page = tmp_path / "page.html"
    page.write_text(text, encoding="utf-8")
    found = {finding["what"] for finding in found_on(page)}
    assert [name for name in wrong if not any(name in what for what in found)] == []
