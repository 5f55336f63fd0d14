"""A deployed stack is read as it is now, whatever its template says."""

from __future__ import annotations

from typing import Any

from redrive_cli.aws import Account, Aws
from redrive_cli.stacks.read import Read, read
from redrive_model.findings.known import Known
from tests.support.cli.functions import ARN
from tests.support.cli.shop import QUEUES
from tests.support.cli.world import World


def shop() -> Read:
    return read(Aws(Account()), "Shop")


def test_nothing_is_said_of_a_stack_that_is_as_its_template_says(world: World) -> None:
    made = [each for each in shop().notes if "by hand" not in each]
    assert made == []


def test_a_redrive_policy_that_was_removed_in_the_console(world: World) -> None:
    world.sqs.queues["orders"].policy = None
    found = shop()
    assert Known(found.stack).queues[QUEUES + "orders"].dead_letter_arn is None
    assert any(each.startswith("Orders: RedrivePolicy is not set, in the template {") for each in found.notes)


def test_a_redrive_policy_that_was_changed_in_the_console(world: World) -> None:
    world.sqs.queues["orders"].policy = {"deadLetterTargetArn": QUEUES + "other", "maxReceiveCount": 1}
    queue = Known(shop().stack).queues[QUEUES + "orders"]
    assert (queue.dead_letter_arn, queue.max_receive_count) == (QUEUES + "other", 1)


def test_a_redrive_policy_that_was_made_in_the_console(world: World) -> None:
    world.sqs.queues["mailer-dlq"].policy = {"deadLetterTargetArn": QUEUES + "other", "maxReceiveCount": 1}
    found = shop()
    assert Known(found.stack).queues[QUEUES + "mailer-dlq"].dead_letter_arn == QUEUES + "other"
    assert any(each.startswith("MailerDead: RedrivePolicy is {") for each in found.notes)


def test_a_mapping_as_it_is(world: World) -> None:
    world.functions.mappings[2] |= {
        "MaximumRetryAttempts": 7,
        "State": "Disabled",
        "DestinationConfig": {"OnFailure": {}},
    }
    (mapping,) = shop().stack.stream_mappings
    assert (mapping.max_retries, mapping.enabled, mapping.on_failure) == (7, False, None)


def test_mappings_and_configurations_that_were_made_by_hand(world: World) -> None:
    configuration: dict[str, Any] = {"FunctionArn": f"{ARN}mailer:live", "MaximumRetryAttempts": 0}
    world.functions.configurations.append(configuration)
    found = shop()
    assert {each.source for each in found.stack.sqs_mappings} == {QUEUES + "orders", QUEUES + "ledger.fifo"}
    assert found.stack.asynchronous[f"{ARN}mailer:live"].max_retries == 0
    assert sum("made by hand" in each for each in found.notes) == 3


def test_a_configuration_as_it_is_and_none_that_is_gone(world: World) -> None:
    world.functions.configurations[0] |= {"MaximumEventAgeInSeconds": 60}
    assert shop().stack.asynchronous[f"{ARN}invoices"].max_age == 60
    world.functions.configurations.clear()
    found = shop()
    assert found.stack.asynchronous == {}
    assert "InvoicesConfig was deleted by hand: it is left out" in found.notes


def test_a_function_as_it_is(world: World) -> None:
    world.functions.settings["orders-function"] = {"Timeout": 900, "Environment": {"Variables": {"A": "1"}}}
    world.functions.reserved["orders-function"] = 0
    function = Known(shop().stack).functions[f"{ARN}orders-function"]
    assert (function.timeout, function.environment, function.reserved_concurrency) == (900, {"A": "1"}, 0)
