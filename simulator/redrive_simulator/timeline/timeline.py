"""Adds the text, the drawing and the page to a history; each is loaded when first asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from redrive_simulator.timeline.history import History


class Timeline(History):
    """History of a simulation, in the order in which things happened. It can be iterated, indexed and printed.

    Attributes:
        entries: All entries. Their times ascend, except for attempts: an attempt is appended when it ends, with the
            time at which it started.
        events: All events by id.
        title: Title of the text, the drawing and the page.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return self.text()

    def text(self, **options: Any) -> str:
        """Write the timeline as text, one line for each entry.

        Args:
            **options: See `redrive_simulator.timeline.text.text_of`.

        Returns:
            The text, without a newline at its end.

        Raises:
            ValueError: An option is too small.
        """
        from redrive_simulator.timeline.text import text_of

        return text_of(self, **options)

    def svg(self, **options: Any) -> str:
        """Draw the timeline: a lane for each source and shard, marks for attempts, lines for waits.

        Args:
            **options: See `redrive_simulator.timeline.svg.svg_of`.

        Returns:
            The text of an SVG file.

        Raises:
            ValueError: The width is too small.
        """
        from redrive_simulator.timeline.svg import svg_of

        return svg_of(self, **options)

    def html(self, **options: Any) -> str:
        """Make an interactive page of the timeline, in one file without external resources.

        Args:
            **options: See `redrive_simulator.timeline.html.html_of`.

        Returns:
            The text of an HTML file.

        Raises:
            ValueError: An option is negative.
        """
        from redrive_simulator.timeline.html import html_of

        return html_of(self, **options)

    def write_html(self, path: str | Path, **options: Any) -> Path:
        """Write the page of `html` to a file in UTF-8.

        Args:
            path: Path of the file. An existing file is replaced.
            **options: See `redrive_simulator.timeline.html.html_of`.

        Returns:
            The path of the file.

        Raises:
            ValueError: An option is negative.
        """
        file = Path(path)
        file.write_text(self.html(**options), encoding="utf-8")
        return file
