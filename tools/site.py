"""Builds the documentation site: `python -m tools.site [FOLDER]`, into build/site unless a folder is named.

The pages are the Markdown files of this repository, which also read well where they are. For the site they are copied
into one folder, and links between them are written anew: a link to a file that is no page becomes the file's name, and
one that shows its path shows the title of its page. Long names may break where a word of them begins.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html import unescape
from os.path import relpath
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A page outside of docs/, and its place on the site.
OUTSIDE = {
    "README.md": "index.md",
    "README.ja.md": "ja.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
_COLOURS = re.compile(r"\x1b\[[\d;]*m")
_FENCED = re.compile(r"(^ *```.*?^ *```$)", re.DOTALL | re.MULTILINE)
_TABLE_ROW = re.compile(r"^\|.*\|$", re.MULTILINE)
# A name in a sentence, a heading or a table, but no block of code; and the address of a page.
_NAME = re.compile(r"(?<=<code>)[^<>\n]+(?=</code>)|(?<=>)https://[^<>\s]+(?=</a>)")
# The beginnings of the words of a name: behind a separator, and before a capital letter.
_WORD = re.compile(r"(?<=\w[_.:/(,])(?=[^\W\d_])|(?<=[a-z])(?=[A-Z])")
# A browser would break it behind a hyphen.
_OPTION = re.compile(r"(?<![\w-])--\w[\w-]*")
_SHORT, _MIDDLE = 12, 28
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?\)")


def places() -> dict[Path, str]:
    """Return each page, picture and style of the site: its file, and its place below the site's folder of pages."""
    docs = ROOT / "docs"
    inside = sorted(file for file in docs.rglob("*") if file.suffix in (".md", ".svg", ".css"))
    found = {ROOT / name: place for name, place in OUTSIDE.items()}
    for file in inside:
        place = file.relative_to(docs).as_posix()
        found[file] = re.sub(r"(^|/)README\.md$", r"\1index.md", place)
    return found


def rewritten(text: str, file: Path, found: dict[Path, str]) -> str:
    """Return a page's text with links that lead from its place on the site to those of others.

    Args:
        text: Text of the page.
        file: The page's file.
        found: The result of `places`.
    """
    here = Path(found[file]).parent

    def link(match: re.Match[str]) -> str:
        picture, label, path, anchor = match.groups()
        target = (file.parent / path).resolve()
        if target.is_dir():
            target /= "README.md"
        if target not in found:
            place = target.relative_to(ROOT).as_posix()
            return label if label.startswith("`") else f"`{label}`" if label == place else f"{label} (`{place}`)"
        if label in (path.rstrip("/"), target.relative_to(ROOT).as_posix()):
            label = _title(target)
        return f"{picture}[{label}]({relpath(found[target], here)}{anchor or ''})"

    def row(match: re.Match[str]) -> str:
        # GitHub ends a cell at a bare `|` in code, and the site's Markdown shows the backslash before it.
        return re.sub(r"`[^`]*`", lambda code: code[0].replace(r"\|", "|"), match[0])

    parts = _FENCED.split(text)
    return "".join(part if _FENCED.fullmatch(part) else _TABLE_ROW.sub(row, _LINK.sub(link, part)) for part in parts)


def _title(page: Path) -> str:
    """Return the title of a page."""
    return page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def copy_pages(folder: Path) -> None:
    """Write all pages, pictures and styles into an empty folder."""
    found = places()
    for file, place in found.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".md":
            target.write_text(rewritten(file.read_text(encoding="utf-8"), file, found), encoding="utf-8")
        else:
            shutil.copyfile(file, target)


def breakable(html: str) -> str:
    """Return a page that breaks names where a word of them begins: long ones everywhere, others in narrow tables."""

    def name(match: re.Match[str]) -> str:
        length = len(unescape(match[0]))
        mark = "" if length <= _SHORT else '<wbr class="small">' if length <= _MIDDLE else "<wbr>"
        return _OPTION.sub(r'<span class="option">\g<0></span>', _WORD.sub(mark, match[0]))

    return _NAME.sub(name, html)


def build(folder: Path) -> None:
    """Build the site in a folder, with an error for each warning."""
    config, pages = folder / "mkdocs.yml", folder / "pages"
    shutil.rmtree(folder, ignore_errors=True)
    copy_pages(pages)
    config.write_text((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "--config-file", str(config)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"site: {_COLOURS.sub('', done.stdout)}")
    for page in (folder / "site").rglob("*.html"):
        page.write_text(breakable(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "docs")
