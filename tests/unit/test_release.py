"""`make release` reads the steps of a page and the extras of the package, and tries them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tools import stubs
from tools.local_aws import LocalAws
from tools.node import ROOT
from tools.release.play import PageError, Reader
from tools.release.steps import Change, Command, File, steps
from tools.release.wheel import EXTRAS

ID, OTHER = "4d4a4d53-bd92-43a3-9060-153a053dd4a8", "11111111-2222-3333-4444-555555555555"

PAGE = f"""# A page

Two commands:

```console
$ mkdir a && cd a
$ list
one  6 s
...
{ID} and ...
```

`a/b.py` has a
second line:

```python
x = 1
```

Not a file:

```python
y = 2
```

`a/b.py` changes:

```diff
-x = 1
+x = 2
```
"""


def test_the_steps_of_a_page_are_in_their_order() -> None:
    assert list(steps(PAGE)) == [
        Command("mkdir a && cd a", ()),
        Command("list", ("one  6 s", "...", f"{ID} and ...")),
        File("a/b.py", "x = 1\n"),
        Change("a/b.py", "x = 1", "x = 2"),
    ]


def test_files_are_written_and_changed(tmp_path: Path) -> None:
    _, _, file, change = steps(PAGE)
    assert isinstance(file, File)
    assert isinstance(change, Change)
    file.do(tmp_path)
    change.do(tmp_path)
    assert (tmp_path / "a" / "b.py").read_text(encoding="utf-8") == "x = 2\n"
    with pytest.raises(ValueError, match="has no 'x = 1'"):
        change.do(tmp_path)


@pytest.mark.parametrize(
    ("printed", "ids"),
    [
        (f"one  6 s\n{ID} and\n", {ID: ID}),
        (f"first\none      12 min  \nbetween\nand\n{OTHER}   and more\nlast\n", {ID: OTHER}),
        (f"one 6 h\n{ID} and", None),
        (f"{ID} and\none 6 s\n", None),
        ("one 6 s\nand", None),
    ],
)
def test_a_command_prints_what_the_page_says_with_other_times_and_ids(printed: str, ids: dict[str, str] | None) -> None:
    _, command, *_ = steps(PAGE)
    assert isinstance(command, Command)
    assert command.match(printed) == ids


def test_a_command_without_lines_may_print_anything() -> None:
    assert Command("x", ()).match("anything") == {}


def test_each_extra_and_each_package_with_public_names_is_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(EXTRAS) == {"", *project["optional-dependencies"]}
    assert {package for packages, _ in EXTRAS.values() for package in packages} == set(stubs.PACKAGES)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path, LocalAws())


def test_a_reader_keeps_folder_and_variables_and_the_ids_that_were_printed(reader: Reader) -> None:
    for step in (
        Command("mkdir a && cd a", ()),
        File("b.txt", "x\n"),
        Command("export NAME=value", ()),
        Command(f"echo $NAME in a: $(cat b.txt) {OTHER}", (f"value in a: x {ID}",)),
        Command(f"echo {ID}", (OTHER,)),
        Command("make -C /path/to/redrive local-aws", ()),
    ):
        reader.follow(step)
    assert reader.here.name == "a"
    assert f"$ echo {OTHER}\n{OTHER}\n" in reader.terminal.text


@pytest.mark.parametrize("command", [Command("echo one", ("two",)), Command("exit 3", ())], ids=["prints", "fails"])
def test_a_reader_stops_where_a_command_does_not_do_what_the_page_says(reader: Reader, command: Command) -> None:
    with pytest.raises(PageError, match=r"ended with exit code \d"):
        reader.follow(command)
