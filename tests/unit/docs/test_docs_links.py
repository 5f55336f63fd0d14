"""The links between the documents, and the files that CONTRIBUTING.md names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def prose(page: Path) -> str:
    """A page without its examples."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> list[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def broken(page: Path) -> list[str]:
    """The relative links of a page that lead nowhere."""
    found: list[str] = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        outside = not target.is_relative_to(ROOT)
        if outside or not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


def test_there_are_pages() -> None:
    assert {"README.md", "CONTRIBUTING.md", "architecture.md", "0004-group-commit.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_its_links_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_its_headings_have_different_anchors(page: Path) -> None:
    assert len(anchors(page)) == len(set(anchors(page)))


#: Pages that one reads from the beginning, and not to look something up.
READ = [
    page
    for folder in ("", "start", "concepts", "guides", "migration")
    for page in sorted((ROOT / "docs" / folder).glob("*.md"))
    if page.name not in ("architecture.md", "glossary.md")
]


@pytest.mark.parametrize("page", READ, ids=lambda page: str(page.relative_to(ROOT)))
def test_it_ends_with_where_to_go_next(page: Path) -> None:
    last = page.read_text(encoding="utf-8").rstrip().rpartition("\n\n")[2]
    assert last.startswith("Next: ")
    assert len(re.findall(r"\]\(([^)\s]+)\)", last)) >= 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_it_has_no_marks_of_a_merge(page: Path) -> None:
    assert re.findall(r"^(?:<{7}|>{7}) .*", page.read_text(encoding="utf-8"), re.MULTILINE) == []


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    rows = re.findall(r"^\| (\d{4}) \| \[(.+)\]\(([^)]+)\) \|$", prose(folder / "README.md"), re.MULTILINE)
    decisions = sorted(folder.glob("0*.md"))
    titles = [(folder / name).read_text(encoding="utf-8").splitlines()[0] for *_, name in rows]
    assert [name for *_, name in rows] == [decision.name for decision in decisions]
    assert titles == [f"# {number}: {title}" for number, title, _ in rows]


@pytest.mark.parametrize("decision", sorted((ROOT / "docs" / "decisions").glob("0*.md")), ids=lambda path: path.stem)
def test_a_decision_says_why_and_until_when(decision: Path) -> None:
    headings = re.findall(r"^## (.+)$", prose(decision), re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Revisit"]


def files(page: Path) -> list[str]:
    """The files and folders of this project that a page names, from the root; `<folder>` stands for several."""
    rooms = "runtime|model|constructs|simulator|cli|tests|tools|benchmarks|examples|docs"
    return re.findall(rf"`((?:{rooms})/[\w./-]*)`", prose(page))


def test_the_way_of_a_failed_message_names_its_files() -> None:
    assert len([path for path in files(ROOT / "docs" / "architecture.md") if path.startswith("runtime/redrive/")]) > 20


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_files_that_it_names_are_there(page: Path) -> None:
    assert [path for path in files(page) if not (ROOT / path).exists()] == []


def test_a_broken_link_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "# Some `code`, here\n[a](#some-code-here) [b](#nowhere) [c](other.md) [d](../outside.md) [e](https://x.y)\n"
        "```\n[f](example.md)\n```\n",
        encoding="utf-8",
    )
    assert broken(page) == ["#nowhere", "other.md", "../outside.md"]
