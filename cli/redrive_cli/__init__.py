"""Explains a stack's failure behavior, simulates it, and lists and replays failed events."""

from importlib.util import find_spec

if find_spec("click") is None or find_spec("rich") is None:
    raise ImportError("the command line needs click and rich: install the extra, pip install 'redrive[cli]'")
