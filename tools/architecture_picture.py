"""Draws the rooms and layers that docs/architecture.md lists: `python -m tools.architecture_picture`."""

import re
from dataclasses import dataclass
from html import escape

from tools.node import ROOT

PAGE = ROOT / "docs" / "architecture.md"
PICTURE = ROOT / "docs" / "pictures" / "architecture.svg"

# The folders that stand for one way to invoke a function, or for one protection; the same word in every room.
SAME = ("sqs", "streams", "asynchronous", "invoker", "idempotency", "circuit")

WIDTH, MARGIN, GAP = 960, 24, 44
CHANNEL = 150  # beside the model, for the arrows that pass it
ROW, CHIP, HEAD = 32, 24, 50
LETTER = 6.6  # width of a letter in a chip, about

COLOURS = ("ground", "room", "line", "ink", "faint", "chip", "same", "key")
LIGHT = ("#ffffff", "#f4f7fa", "#c5cfd9", "#18212b", "#586573", "#ffffff", "#dcebfa", "#0a62ad")
DARK = ("#12161b", "#181e25", "#3b4753", "#e8edf2", "#9eabb8", "#232b34", "#1d3a57", "#6cb6ff")


def variables(values: tuple[str, ...]) -> str:
    return "".join(f"--{name}:{value};" for name, value in zip(COLOURS, values, strict=True))


STYLE = f"""
:root{{color-scheme:light dark;{variables(LIGHT)}}}
@media(prefers-color-scheme:dark){{:root{{{variables(DARK)}}}}}
text{{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:var(--ink)}}
.name{{font-size:15px;font-weight:600}}.faint{{fill:var(--faint)}}.middle{{text-anchor:middle}}
.ground{{fill:var(--ground)}}.room{{fill:var(--room);stroke:var(--line)}}
.chip{{fill:var(--chip);stroke:var(--line)}}.same{{fill:var(--same)}}.settings{{stroke:var(--key);stroke-width:2}}
.arrow{{fill:none;stroke:var(--key);stroke-width:1.6;marker-end:url(#head)}}#head path{{fill:var(--key)}}
"""


@dataclass(frozen=True)
class Room:
    """A room at its place in the picture; `layers` are bottom to top."""

    package: str
    purpose: str
    layers: list[list[str]]
    x: int
    width: int

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.layers) + 8


def layers_on(page: str) -> dict[str, list[list[str]]]:
    """Reads the layers of each package, bottom to top, from the page's block of text."""
    (block,) = re.findall(r"```text\n(redrive .*?)```", page, re.DOTALL)
    found: dict[str, list[list[str]]] = {}
    package = ""
    for line in block.splitlines():
        name, rest = line[:20].strip(), line[20:]
        package = name or package
        found[package] = [
            *found.get(package, []),
            *([each.split() for each in rest.replace("|", " ").split("<") if each.strip()]),
        ]
    return found


def drawn(room: Room, top: int) -> list[str]:
    """Draws one room with its upper edge at `top`."""
    middle = room.x + room.width / 2
    parts = [
        f'<rect class="room" x="{room.x}" y="{top}" width="{room.width}" height="{room.height}" rx="8"/>',
        f'<text class="name" x="{room.x + 14}" y="{top + 22}">{room.package}</text>',
        f'<text class="faint" x="{room.x + 14}" y="{top + 39}">{escape(room.purpose)}</text>',
    ]
    for number, layer in enumerate(reversed(room.layers)):
        widths = [len(name) * LETTER + 22 for name in layer]
        x, y = middle - (sum(widths) + 8 * (len(layer) - 1)) / 2, top + HEAD + ROW * number
        for name, width in zip(layer, widths, strict=True):
            kind = "chip same" if name in SAME else "chip settings" if name == "settings" else "chip"
            parts += [
                f'<rect class="{kind}" x="{x:.0f}" y="{y}" width="{width:.0f}" height="{CHIP}" rx="6"/>',
                f'<text class="middle" x="{x + width / 2:.0f}" y="{y + 16}">{name}</text>',
            ]
            x += width + 8
    return parts


def arrow(x: int, start: int, end: int, label: str = "", *, left: bool = False) -> list[str]:
    """Draws an arrow down, with a label of several lines beside it."""
    parts = [f'<path class="arrow" d="M{x} {start}V{end - 8}"/>']
    for number, line in enumerate(label.split("/")):
        anchor = ' text-anchor="end"' if left else ""
        at = x - 8 if left else x + 8
        parts.append(f'<text class="faint" x="{at}" y="{start + 28 + 15 * number}"{anchor}>{escape(line)}</text>')
    return parts


def picture(page: str) -> str:
    """Draws the picture of a page's layers."""
    layers = layers_on(page)
    half = (WIDTH - 2 * MARGIN - GAP) // 2
    right = MARGIN + half + GAP
    wide = WIDTH - 2 * MARGIN
    cli = Room("redrive_cli", "operate time: brings back what has failed", layers["redrive_cli"], MARGIN, wide)
    simulator = Room(
        "redrive_simulator",
        "test time: runs the real handlers in virtual time",
        layers["redrive_simulator"],
        MARGIN,
        half,
    )
    constructs = Room(
        "redrive_cdk", "deploy time: configures retries and destinations", layers["redrive_cdk"], right, half
    )
    model = Room(
        "redrive_model",
        "any time: what AWS does with a stack",
        layers["redrive_model"],
        MARGIN + CHANNEL,
        wide - 2 * CHANNEL,
    )
    runtime = Room(
        "redrive", "run time, inside the Lambda function: standard library only", layers["redrive"], MARGIN, wide
    )

    above = MARGIN + cli.height + GAP
    second = above + max(simulator.height, constructs.height)
    third = second + GAP
    fourth = third + model.height + GAP
    bottom = fourth + runtime.height + GAP
    low = second - constructs.height
    parts = [
        *drawn(cli, MARGIN),
        *arrow(MARGIN + half // 2, MARGIN + cli.height, above),
        *drawn(simulator, second - simulator.height),
        *drawn(constructs, low),
        *drawn(model, third),
        *drawn(runtime, fourth),
        *arrow(MARGIN + CHANNEL + 120, second, third),
        *arrow(WIDTH - MARGIN - CHANNEL - 120, second, third),
        *arrow(WIDTH // 2, third + model.height, fourth, "settings"),
        *arrow(MARGIN + 16, second, fourth, "settings,/records, seams"),
        *arrow(WIDTH - MARGIN - 16, second, fourth, "settings, and/the folder as layer", left=True),
    ]
    notes = [
        "Arrows: what a room imports. The command line imports the",
        "model and the runtime, too. Nothing imports across or upward.",
        "",
        "In a room, a folder imports only folders in lower rows.",
        "Filled: the same folder in several rooms.",
        "Framed: the contract between constructs and helpers.",
    ]
    for number, note in enumerate(notes):
        parts.append(f'<text class="faint" x="{MARGIN}" y="{bottom + 17 * number}">{note}</text>')
    height = bottom + 17 * len(notes) + MARGIN // 2
    size = f'width="{WIDTH}" height="{height}"'
    head = 'viewBox="0 0 8 8" refX="1" refY="4" markerWidth="6" markerHeight="6" orient="auto"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {WIDTH} {height}" role="img">',
            "<title>Five rooms and their layers</title>",
            f"<style>{STYLE}</style>",
            f'<defs><marker id="head" {head}><path d="M0 0L8 4L0 8z"/></marker></defs>',
            f'<rect class="ground" {size} rx="8"/>',
            *parts,
            "</svg>\n",
        ]
    )


def main() -> None:
    """Writes the picture."""
    PICTURE.write_text(picture(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
