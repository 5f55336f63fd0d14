"""Sizes in pixels that the drawing and the page share; the page gets them with its data."""

from __future__ import annotations

from typing import Final

#: Marks nearer than NEAR are drawn as one. If more than MANY of these stand for several entries, FAR replaces NEAR:
#: that leaves room for their numbers.
NEAR: Final = 13.0
FAR: Final = 52.0
MANY: Final = 8

#: Heights: of the strip at the top of a row, of a track with and without marks below its line, of the lowest row.
STRIP: Final = 18
TRACK: Final = 40
LOW_TRACK: Final = 26
ROW: Final = 34
#: Places of marks, by `Slot`: in the strip, on the line of a track, below the line.
MIDDLES: Final = (12, 16, 32)

#: Greatest number of arrows between rows; a browser and a reader can follow no more.
MOST_LINKS: Final = 400
#: Least distance between two ticks of the axis.
TICK: Final = 82.0
#: Mean widths of a letter: in the name of a row, and in a label of the axis.
LETTER: Final = 6.9
LABEL: Final = 6.2

#: The sizes that the page's script needs, by its own names for them.
FOR_THE_PAGE: Final = {
    "NEAR": NEAR,
    "FAR": FAR,
    "MANY": MANY,
    "STRIP": STRIP,
    "TRACK": TRACK,
    "LOW": LOW_TRACK,
    "ROW": ROW,
    "MIDDLES": MIDDLES,
    "MOST_LINKS": MOST_LINKS,
    "TICK": TICK,
    "LETTER": LETTER,
    "LABEL": LABEL,
}
