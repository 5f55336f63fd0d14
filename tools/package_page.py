"""Makes the package's page on PyPI from README.md: a hook of hatchling, which pyproject.toml names.

PyPI shows the README without the repository, so relative links would lead nowhere. With the repository's address they
become absolute; without one, a link becomes its text and a picture its description. Links within the page stay.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# A picture or link whose target is neither an address nor an anchor of the page itself.
_RELATIVE = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")


class PackagePage(MetadataHookInterface):
    """Adds the page and the project's links to the package's metadata."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add `readme` and `urls`."""
        config: dict[str, str] = self.config  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        repository = config["repository"].rstrip("/")
        readme = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": page(readme, repository)}
        metadata["urls"] = urls(repository)


def page(readme: str, repository: str) -> str:
    """Return the README with links that work anywhere.

    Args:
        readme: Text of the README.
        repository: Address of the repository on GitHub; empty if it has none.
    """

    def link(found: re.Match[str]) -> str:
        picture, text, path = found.groups()
        if not repository:
            return f"*{text}*" if picture else text
        kind = "raw" if picture else "blob"
        return f"{picture}[{text}]({repository}/{kind}/HEAD/{path})"

    return _RELATIVE.sub(link, readme)


def urls(repository: str) -> dict[str, str]:
    """Return the project's links; none without a repository."""
    if not repository:
        return {}
    return {
        "Source": repository,
        "Documentation": f"{repository}/tree/HEAD/docs",
        "Changelog": f"{repository}/blob/HEAD/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }
