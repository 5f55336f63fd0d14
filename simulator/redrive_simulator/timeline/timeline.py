"""Adds the text, the drawing and the page to a history; each is loaded when first asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from redrive_simulator.timeline.history import History
from redrive_simulator.timeline.words import count


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

    def __repr__(self) -> str:
        return f"<Timeline: {count(len(self.entries), 'entry')}, {count(len(self.events), 'event')}>"

    def text(self, **options: Any) -> str:
        """Write the timeline as text, one line for each entry.

        Args:
            **options: Any of these:

                - most: Greatest number of entries, at least 1. If there are more, losses come first, then failures,
                  then other entries of these events; lines say how many entries are left out. `None` for all entries.
                  Default: 1000.
                - width: Greatest length of a line in characters, at least 60; longer lines are cut. `None` for no
                  limit. Default: 160.

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
            **options: Any of these:

                - width: Width of the drawing in pixels, at least 480. The height depends on the lanes. Default: 1200.
                - most_lanes: Greatest number of lanes. Lanes with losses and failures come first; the drawing says how
                  many lanes it leaves out. Default: 60.
                - most_tracks: Greatest number of things that are drawn side by side in a lane; further ones overlap.
                  Default: 12.

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
            **options: Any of these:

                - most: Greatest number of entries that are drawn one by one; the rest is only counted, and the page
                  says so. A browser can draw some tens of thousands. Default: 20,000.
                - most_tracks: Greatest number of things that are drawn side by side in a lane; further ones overlap.
                  Default: 12.

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
            **options: As in `html`.

        Returns:
            The path of the file.

        Raises:
            ValueError: An option is negative.
        """
        file = Path(path)
        file.write_text(self.html(**options), encoding="utf-8")
        return file
