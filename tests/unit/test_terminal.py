"""The recorder of terminals: what was drawn over is gone, what was typed is shown."""

from __future__ import annotations

import os
import sys

from tools.terminal import Terminal, settled


def test_what_was_drawn_over_is_gone() -> None:
    assert settled("one\r\nbar 1\r\x1b[2Kbar 2\r\x1b[2Kdone\r\n") == "one\ndone\n"
    assert settled("bar 1\r\nbar 2\r\n\x1b[1A\x1b[2K\x1b[1A\x1b[2Kdone") == "done\n\n".rstrip("\n") + "\n\n"
    assert settled("\u2819\x1b[1G\x1b[0Kdone\r\n") == "done\n"
    assert settled("\x1b[?25labc\x1b[?25h") == "abc"


def test_a_question_is_answered_and_both_are_shown() -> None:
    terminal = Terminal(dict(os.environ))
    code = "print('got', input('sure? [y/N]: '))"
    printed = terminal.run("python it", [sys.executable, "-c", code], typed="y\n")
    assert "sure? [y/N]: y" in printed
    assert "got y" in printed
    assert terminal.codes == [0]
    assert terminal.text.startswith("$ python it\n")
    picture = terminal.picture("a title")
    assert "got" in picture
    assert "@font-face" not in picture
