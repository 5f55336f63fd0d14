"""Measures the page of a timeline of 100,000 entries in Chromium: from an input to the frame that shows it."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.simulator.timeline import timelines

#: Milliseconds that a step should take at most.
GOAL = 100
SCRIPT = Path(__file__).parents[1] / "tests" / "support" / "simulator" / "timeline" / "time_steps.mjs"


def main() -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("The page of a timeline: there is no Chromium here.")
        return
    print(f"A page of 100,000 entries, from an input to the frame; a step should take less than {GOAL} ms")
    print(f"{'input':8}{'width':>8}{'zoom':>8}{'median':>10}{'longest':>10}")
    with tempfile.TemporaryDirectory() as folder:
        page = timelines.huge(100_000).write_html(Path(folder) / "page.html")
        for step, width, zoom in product(("drag", "wheel", "keys"), (1400, 400), (0, 5)):
            command = [os.environ["JSII_NODE"], SCRIPT, chromium, page, str(width), "light", str(zoom), step]
            run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            times = json.loads(run.stdout)
            print(f"{step:8}{width:>8}{zoom:>8}{statistics.median(times):>7.0f} ms{max(times):>7.0f} ms")


if __name__ == "__main__":
    main()
