"""Makes a release, and tries it as a newcomer would: `make release`.

    dist/              the sdist, and the wheel that was made from it
    build/release/     the terminal of the first hour, as text; its commands of `redrive` as a picture

Nothing is uploaded.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tools.local_aws import LocalAws
from tools.local_server import LocalServerError
from tools.node import ROOT, MissingToolError
from tools.progress import step
from tools.release.play import PageError, Reader
from tools.release.steps import steps
from tools.release.wheel import EXTRAS, ReleaseError, build, contents, install, run

KEPT = ROOT / "build" / "release"
PAGES = ("docs/start/first-hour.md", "docs/start/first-test.md")


def main() -> None:
    """Build, check, install, and follow the first hour."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="redrive-release-") as name:
        folder = Path(name)
        with step("sdist, and the wheel from it"):
            sdist, wheel = build(_made(folder / "source"))
        with step("twine check --strict"):
            run(sys.executable, "-m", "twine", "check", "--strict", sdist, wheel)
        for extra in EXTRAS:
            with step(f"a fresh environment with {wheel.name}{f'[{extra}]' if extra else ''}"):
                install(wheel, extra, folder / "environment")
        built = contents(wheel)
        follow(_made(folder / "reader"))
        differing = sorted({name for name, _ in built.items() ^ contents(wheel).items()})
        if differing:
            raise ReleaseError(f"the wheel from the sdist and the one from this folder differ: {', '.join(differing)}")
    print(f"release: {sdist.relative_to(ROOT)}, {wheel.relative_to(ROOT)}, after {time.monotonic() - started:.0f} s")


def follow(folder: Path) -> None:
    """Follow the pages in an empty folder, and keep the terminal."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with LocalAws() as aws:
        reader = Reader(folder, aws)
        try:
            for page in PAGES:
                with step(page):
                    for each in steps((ROOT / page).read_text(encoding="utf-8")):
                        reader.follow(each)
        finally:
            (KEPT / "first-hour.txt").write_text(reader.terminal.text, encoding="utf-8")
    (KEPT / "first-hour.svg").write_text(reader.redrive.picture("redrive"), encoding="utf-8")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    try:
        main()
    except (ReleaseError, PageError, LocalServerError, MissingToolError) as error:
        sys.exit(f"\nrelease: {error}")
