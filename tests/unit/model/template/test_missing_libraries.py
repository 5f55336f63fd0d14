"""What reads YAML and SAM names the extra that brings it, and the extras bring it."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from redrive_model.template.template import Place, opened

PROJECT = tomllib.loads((Path(__file__).parents[4] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PLACE = Place("eu-west-1", "111111111111")


def brought_by(extra: str) -> set[str]:
    """The names of the packages that an extra brings, itself or by another extra."""
    found: set[str] = set()
    for requirement in PROJECT["optional-dependencies"][extra]:
        name, bracket, others = requirement.partition("[")
        if bracket:
            found.update(*(brought_by(each) for each in others.rstrip("]").split(",")))
        else:
            found.add(name.partition(">")[0])
    return found


@pytest.mark.parametrize(
    ("module", "file", "text", "package", "extras"),
    [
        ("yaml", "template.yaml", "Resources: {}", "pyyaml", ("simulator", "cli", "sam")),
        (
            "samtranslator",
            "template.json",
            '{"Transform": "AWS::Serverless-2016-10-31", "Resources": {"F": {"Type": "AWS::Serverless::Function"}}}',
            "aws-sam-translator",
            ("sam",),
        ),
    ],
    ids=["YAML", "SAM"],
)
def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    module: str,
    file: str,
    text: str,
    package: str,
    extras: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [each for each in sys.modules if each.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    path = tmp_path / file
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ImportError) as raised:
        opened(path, PLACE, {})
    assert f"redrive[{extras[0]}]" in str(raised.value)
    assert all(package in brought_by(extra) for extra in extras)
