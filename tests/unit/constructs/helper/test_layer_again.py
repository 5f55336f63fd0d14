"""A second synthesis into the same folder writes only the files of the layer that have changed."""

from pathlib import Path

import pytest
from aws_cdk import Stack

from redrive_cdk import RuntimeLayer
from redrive_cdk.helper.layer import _staged as stage
from tests.support.constructs.cdk import new_app


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "redrive"
    (folder / "sqs").mkdir(parents=True)
    for name in ("__init__.py", "sqs/handler.py", "sqs/old.py"):
        (folder / name).write_text(f"# {name}\n")
    monkeypatch.setattr("redrive_cdk.helper.layer._staged", stage)
    monkeypatch.setattr("redrive_cdk.helper.layer.PACKAGES", (folder,))
    return folder


def staged(output: Path) -> Path:
    RuntimeLayer.of(Stack(new_app(outdir=str(output)), "Stack"))
    return output / "redrive-runtime" / "python" / "redrive"


def test_files_that_are_the_same_stay(package: Path, tmp_path: Path) -> None:
    folder = staged(tmp_path / "cdk.out")
    before = {each: each.stat().st_ino for each in folder.rglob("*.py")}
    (package / "sqs" / "handler.py").write_text("# sqs/another\n")  # as long as before
    staged(tmp_path / "cdk.out")
    assert {each: each.stat().st_ino for each in folder.rglob("*.py")} == before
    assert (folder / "sqs" / "handler.py").read_text() == "# sqs/another\n"
    assert before


def test_what_does_not_belong_there_goes(package: Path, tmp_path: Path) -> None:
    folder = staged(tmp_path / "cdk.out")
    (folder / "sqs" / "__pycache__").mkdir()
    (folder / "sqs" / "__pycache__" / "old.pyc").write_bytes(b"compiled")
    (folder / "left").mkdir()
    (package / "sqs" / "old.py").unlink()
    staged(tmp_path / "cdk.out")
    assert sorted(str(each.relative_to(folder)) for each in folder.rglob("*")) == [
        "__init__.py",
        "sqs",
        "sqs/handler.py",
    ]
