"""The table of AWS operations of the commands."""

from __future__ import annotations

import botocore.session
import pytest

from redrive_model.operations import COMMANDS, action_of, operations_of

EVERY = operations_of()


@pytest.mark.parametrize("operation", EVERY, ids=[f"{each.service} {each.name}" for each in EVERY])
def test_each_operation_exists(operation: object) -> None:
    each = next(one for one in EVERY if one is operation)
    model = botocore.session.get_session().get_service_model(each.service)
    assert each.name in model.operation_names


def test_looking_changes_nothing_but_the_receive_count() -> None:
    for command in ("failures", "show", "watch"):
        assert not [each.name for each in COMMANDS[command] if each.changes]


def test_an_operation_has_one_action() -> None:
    actions = {(each.service, each.name): each.action for each in EVERY}
    assert all(action_of(*key) == action for key, action in actions.items())
    assert action_of("sqs", "DeleteMessageBatch") == "sqs:DeleteMessage"
    assert action_of("sqs", "PurgeQueue") is None
