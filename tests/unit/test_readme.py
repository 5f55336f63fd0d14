"""The README's examples, as they stand there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import assertions

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
STACK, HANDLER, SUBCLASS, PARSER = BLOCKS


def event(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]}


def test_the_stack_and_the_subclass_synthesize(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    exec(STACK + SUBCLASS, names)
    template = assertions.Template.from_stack(names["stack"])
    template.resource_count_is("AWS::Lambda::EventSourceMapping", 2)
    template.resource_count_is("AWS::SQS::Queue", 4)
    template.has_resource_properties("AWS::SQS::Queue", {"VisibilityTimeout": 60})


def test_the_handler_retries_what_it_cannot_charge() -> None:
    charged: list[int] = []

    def charge(order: dict[str, Any]) -> None:
        if order["id"] == 2:
            raise RuntimeError("declined")
        charged.append(order["id"])

    names: dict[str, Any] = {"charge": charge}
    exec(HANDLER, names)
    response = names["handler"](
        event('{"id": 1, "lines": ["a"]}', '{"id": 2, "lines": ["a"]}', '{"id": 3, "lines": []}')
    )
    # The last is permanent, and is retried here since no dead-letter queue is known.
    assert response == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]}
    assert charged == [1]


def test_the_handler_with_a_parser_takes_what_parses() -> None:
    names: dict[str, Any] = {}
    exec(PARSER, names)
    good = json.dumps({"id": 1, "lines": []})
    assert names["handle_order"](event(good, "{}")) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
