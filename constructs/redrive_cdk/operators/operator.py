"""`FailureOperator`: the permissions that the command line needs, and no others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from aws_cdk import aws_iam as iam
from constructs import Construct

from redrive_cdk.core import nag
from redrive_cdk.core.arguments import checked
from redrive_cdk.core.tree import path_of, stack_of
from redrive_cdk.operators.resources import Operable, Operated, all_resources
from redrive_cdk.operators.size import size_of
from redrive_model import limits
from redrive_model.operations import COMMANDS, KEY_ACTIONS, Operation, operations_of


class _Permission(NamedTuple):
    action: str
    arn: str
    conditions: str


class FailureOperator(Construct):
    """Creates a managed policy with exactly the permissions that the command line `redrive` needs for some constructs.

    Attach it to who operates: `operator.policy.attach_to_role(role)`. It allows each call on the watched resources
    only; two calls that AWS allows on no single resource are on all: listing the account's event source mappings and
    the exports of its stacks.

    A managed policy has 6,144 characters at most, enough for some twenty constructs. Create a `FailureOperator` for
    each part of a larger app: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

    Attributes:
        policy: The managed policy.
    """

    @checked
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        watch: Sequence[Operable],
        commands: Sequence[str] | None = None,
    ) -> None:
        """Create the policy.

        Args:
            scope: Scope of the construct.
            id: Construct id.
            watch: Constructs: consumers, `AsyncInvocation`, `IdempotencyTable`, `CircuitBreaker`. Grant and protect
                before: functions that a circuit is granted to later are not covered.
            commands: Names of the commands that are to be allowed, such as `["failures", "show", "watch"]` for those
                who only look. Default: all.

        Raises:
            ValueError: There is nothing to watch, a command has no such name, or the policy would be too long.
        """
        super().__init__(scope, id)
        unknown = [each for each in cast("Sequence[object]", watch) if not isinstance(each, Operable)]
        if unknown or not watch:
            raise ValueError(
                f"{path_of(self)}: watch {unknown}: the command line operates on an SqsConsumer, KinesisConsumer, "
                "DynamoDBStreamConsumer, AsyncInvocation, IdempotencyTable or CircuitBreaker; give one or more of these"
            )
        wrong = [each for each in commands or () if each not in COMMANDS]
        if wrong:
            raise ValueError(
                f"{path_of(self)}: commands {wrong}: give names among {', '.join(COMMANDS)}, or leave commands unset"
            )
        self.policy = self._create_policy(list(watch), list(COMMANDS if commands is None else commands))

    def _create_policy(self, watch: Sequence[Operable], commands: Sequence[str]) -> iam.ManagedPolicy:
        """Create the policy for some commands on some constructs.

        Args:
            watch: The constructs.
            commands: Names of commands.
        """
        permissions = dict.fromkeys(_permissions(watch, commands))
        policy = iam.ManagedPolicy(
            self,
            "Policy",
            description=f"Operates on the failed events of {stack_of(self).stack_name}",
            statements=list(_statements(permissions)),
        )
        size = size_of(stack_of(self).resolve(policy.document), stack_of(self).stack_name)
        if size > limits.MANAGED_POLICY_SIZE:
            raise ValueError(
                f"{path_of(self)}: the policy for {len(watch)} constructs has {size:,} characters or more: IAM takes "
                f"{limits.MANAGED_POLICY_SIZE:,} in a managed policy; make a FailureOperator for each part of the app, "
                "or give fewer commands"
            )
        nag.of_wildcards(policy, list(dict.fromkeys(each.arn for each in permissions if each.arn.endswith("*"))))
        return policy


def _permissions(watch: Sequence[Operable], commands: Sequence[str]) -> Iterator[_Permission]:
    resources = all_resources(watch)
    for command in commands:
        for operation in COMMANDS[command]:
            for each in _operated_by(operation, resources):
                if not each.commands or command in each.commands:
                    yield _permission(operation.action, each)
    if operations_of(commands):
        for each in resources.get(("key", "kms"), ()):
            yield from (_permission(action, each) for action in KEY_ACTIONS)


def _operated_by(operation: Operation, resources: Mapping[Any, Sequence[Operated]]) -> Sequence[Operated]:
    return resources.get((operation.on, "" if operation.on == "any" else operation.service), ())


def _permission(action: str, on: Operated) -> _Permission:
    conditions = on.conditions.get(action, on.conditions.get("", {}))
    return _Permission(action, on.arn, json.dumps(conditions))


def _statements(permissions: Mapping[_Permission, None]) -> Iterator[iam.PolicyStatement]:
    """Yield one statement for all actions on the same resources under the same conditions."""
    resources: dict[tuple[str, str], list[str]] = {}
    for each in permissions:
        resources.setdefault((each.action, each.conditions), []).append(each.arn)
    actions: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (action, conditions), arns in resources.items():
        actions.setdefault((tuple(arns), conditions), []).append(action)
    for (arns, conditions), allowed in actions.items():
        yield iam.PolicyStatement(
            actions=allowed, resources=list(arns), conditions=cast("dict[str, Any]", json.loads(conditions)) or None
        )
