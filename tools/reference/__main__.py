"""Writes the pages, or with `--check` ends with an error if one is not as the code says."""

import sys

from tools.reference.pages import FOLDER, pages


def main(arguments: list[str]) -> None:
    """Write or check the pages."""
    stale: list[str] = []
    for name, text in pages().items():
        file = FOLDER / name
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                file.parent.mkdir(exist_ok=True)
                file.write_text(text, encoding="utf-8")
    if stale and "--check" in arguments:
        raise SystemExit(f"reference: {', '.join(stale)} differ from the code; run: make format")


if __name__ == "__main__":
    main(sys.argv[1:])
