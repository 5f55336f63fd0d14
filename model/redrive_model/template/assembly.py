"""Reads a cloud assembly: its templates, and the code of its functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redrive_model.template.errors import AssemblyError

_NOTHING: Mapping[str, Any] = {}


class Assembly:
    """The output of `cdk synth` in `folder`.

    Raises:
        AssemblyError: `folder` has no `manifest.json`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            manifest: Mapping[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise AssemblyError(
                f"{folder} is no cloud assembly, it has no manifest.json: run `cdk synth`, or app.synth(), and give "
                "the folder that it writes"
            ) from None
        self._artifacts: Mapping[str, Any] = manifest.get("artifacts") or {}
        self._stacks = {
            str(artifact.get("properties", {}).get("stackName") or id): (id, artifact)
            for id, artifact in self._artifacts.items()
            if artifact.get("type") == "aws:cloudformation:stack"
        }
        self._stack: str = ""

    def template_of(self, stack: str | None) -> Mapping[str, Any]:
        """Return a stack's template.

        Args:
            stack: Stack name or artifact id. `None`: the only stack.

        Raises:
            AssemblyError: No stack has that name, or there is not exactly one to choose.
        """
        by_id = dict(self._stacks.values())
        if stack is None and len(by_id) == 1:
            ((self._stack, artifact),) = by_id.items()
        elif stack is not None and stack in self._stacks:
            self._stack, artifact = self._stacks[stack]
        elif stack is not None and stack in by_id:
            self._stack, artifact = stack, by_id[stack]
        else:
            names = ", ".join(self._stacks) or "none"
            raise AssemblyError(f"{self.folder} has the stacks {names}: give stack= one of them, not {stack!r}")
        path = self.folder / artifact["properties"]["templateFile"]
        template: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return template
