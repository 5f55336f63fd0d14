"""The pinned requirements: one version each, with the hashes of its files, and nothing about where they were found."""

from __future__ import annotations

import re

import pytest

from tools.node import ROOT

PIN = re.compile(r"[a-z0-9-]+==[\w.]+( ; [^\\]+)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+")


def faults(text: str) -> list[str]:
    """The requirements that are something else than a pin with hashes."""
    return [each for each in re.split(r"\n(?! )", text.strip()) if not PIN.fullmatch(each)]


@pytest.mark.parametrize("name", ["dev.txt", "ministack.txt"])
def test_each_requirement_is_a_pin_with_hashes(name: str) -> None:
    assert faults((ROOT / "requirements" / name).read_text(encoding="utf-8")) == []


HASH = f" \\\n    --hash=sha256:{'a' * 64}"


@pytest.mark.parametrize(
    "text",
    ["a==1\n", "a>=1" + HASH, "a @ https://x.y/a.whl" + HASH, "--index-url https://x.y\na==1" + HASH],
    ids=["without a hash", "without a version", "an address", "an index"],
)
def test_other_requirements_are_found(text: str) -> None:
    assert len(faults(text)) == 1


def test_a_pin_may_have_a_condition_and_several_hashes() -> None:
    assert faults(f"a-b==1.2.post1 ; python_full_version < '3.12'{HASH}{HASH}\nc==2{HASH}\n") == []
