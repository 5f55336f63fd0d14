"""`AlarmDefaults`: what all alarms of an app, a stack or a construct do, and what they are called, in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, cast

import jsii
from aws_cdk import AspectPriority, Aspects, IAspect
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct, IConstruct

from redrive_cdk.accepted import AlarmAction

#: What an alarm tells of: events that are gone; events that have failed for good and wait for a person; late events.
Meaning = Literal["lost", "failed", "delayed"]

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
_MOST_ACTIONS = 5
_LONGEST_NAME = 255
_ID = "RedriveAlarmDefaults"


class FailureAlarm(cloudwatch.Alarm):
    """An alarm that one of the constructs has made.

    Attributes:
        means: What it tells of.
        actions: What the user wants of this alarm alone when it goes off.
    """

    def __init__(
        self, scope: Construct, id: str, *, means: Meaning, actions: Sequence[AlarmAction], **options: Any
    ) -> None:
        """Make it.

        Args:
            scope: The construct whose it is.
            id: Its id there.
            means: What it tells of.
            actions: What happens when it goes off, for this alarm alone.
            **options: `cloudwatch.AlarmProps`.
        """
        super().__init__(scope, id, **options)
        self.means: Meaning = means
        self.actions = tuple(actions)


class AlarmContext(NamedTuple):
    """What a strategy is told of an alarm.

    Attributes:
        alarm: The alarm.
        construct: What has made it: a consumer, a table …
        means: What it tells of; `None` for an alarm that a subclass has made in its own way.
    """

    alarm: cloudwatch.Alarm
    construct: IConstruct
    means: Meaning | None

    @property
    def path(self) -> str:
        """Where the alarm is in the app: `"Shop/Orders/DeadLetterAlarm"`."""
        return self.alarm.node.path


#: What happens: the same for all alarms, or chosen for each.
Actions = Sequence[AlarmAction] | Callable[[AlarmContext], Sequence[AlarmAction]]
#: What an alarm is called, so that others can name it; `None` leaves that to CloudFormation.
Naming = Callable[[AlarmContext], str | None]


class AlarmDefaults(Construct):
    """What all alarms of the constructs in a scope do, and what they are called.

    ```
    AlarmDefaults.of(stack).add(actions=[SnsAction(topic)])
    ```

    It holds for constructs that are made before or after, in all stacks and stages below. Alarms that the constructs
    have not made are left alone.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        """Use `AlarmDefaults.of(scope)`.

        Args:
            scope: The scope.
            id: Its id there.
        """
        super().__init__(scope, id)
        self._actions: list[Actions] = []
        self._ok_actions: list[Actions] = []
        self._naming: Naming | None = None

    @staticmethod
    def of(scope: Construct) -> AlarmDefaults:
        """The defaults of an app, a stage, a stack or a construct.

        Args:
            scope: The scope.

        Returns:
            Its defaults; of one scope there are always the same.
        """
        found = scope.node.try_find_child(_ID)
        return found if isinstance(found, AlarmDefaults) else AlarmDefaults(scope, _ID)

    def add(self, *, actions: Actions = (), ok_actions: Actions = (), naming: Naming | None = None) -> AlarmDefaults:
        """Add to what alarms do, or say what they are called.

        Args:
            actions: What happens when an alarm goes off, besides what is said of scopes around this one, of the
                construct and of the alarm alone. A function chooses for each alarm, such as by what it means. An alarm
                has at most 5 in all; what is there twice counts once. Default: nothing more.
            ok_actions: What happens when it is over. Default: nothing more.
            naming: What an alarm is called, by a function of the alarm. The nearest to the alarm that answers a name
                holds. Names are unique in an account and Region, and an alarm with a name cannot be replaced by
                deployments. Default: as the scopes around say, else CloudFormation makes a name.

        Returns:
            These defaults.
        """
        self._actions.append(actions if callable(actions) else tuple(actions))
        self._ok_actions.append(ok_actions if callable(ok_actions) else tuple(ok_actions))
        self._naming = naming or self._naming
        return self

    def actions_for(self, context: AlarmContext) -> list[AlarmAction]:
        """What happens when an alarm goes off, by these defaults alone.

        Args:
            context: The alarm.

        Returns:
            The actions.
        """
        return _chosen(self._actions, context)

    def ok_actions_for(self, context: AlarmContext) -> list[AlarmAction]:
        """What happens when an alarm is over, by these defaults alone.

        Args:
            context: The alarm.

        Returns:
            The actions.
        """
        return _chosen(self._ok_actions, context)

    def name_for(self, context: AlarmContext) -> str | None:
        """What an alarm is called, by these defaults alone.

        Args:
            context: The alarm.

        Returns:
            The name; `None` if they do not say.
        """
        return None if self._naming is None else self._naming(context)


def _chosen(given: Sequence[Actions], context: AlarmContext) -> list[AlarmAction]:
    return [action for each in given for action in (each(context) if callable(each) else each)]


@jsii.implements(IAspect)
class _Completion:
    """Gives an alarm what the defaults say, when all of them are known.

    It is on each alarm, and looks from there to the root: an aspect on an app would end at its stages.
    """

    def visit(self, node: IConstruct, /) -> None:
        """Called for the alarm and what is in it."""
        if isinstance(node, cloudwatch.Alarm):
            _complete(node)


def complete_at_synthesis(alarm: cloudwatch.Alarm) -> None:
    """Have an alarm completed by the defaults that hold for it, whether they are set already or later.

    Args:
        alarm: The alarm, which has none of that yet.
    """
    Aspects.of(alarm).add(cast("IAspect", _Completion()), priority=AspectPriority.MUTATING)


def _complete(alarm: cloudwatch.Alarm) -> None:
    own = isinstance(alarm, FailureAlarm)
    construct = cast("IConstruct", alarm.node.scope)
    context = AlarmContext(alarm, construct, alarm.means if own else None)
    around = [scope.node.try_find_child(_ID) for scope in alarm.node.scopes]
    defaults = [found for found in around if isinstance(found, AlarmDefaults)]  # from the root to the alarm
    actions = [action for each in defaults for action in each.actions_for(context)]
    # Both lists are the CDK's own, protected and documented, with what was added by hand.
    for arn in _bound(alarm, [*actions, *(alarm.actions if own else ())], alarm._alarm_action_arns):  # pyright: ignore[reportPrivateUsage]
        alarm.add_alarm_action(cast("cloudwatch.IAlarmAction", _Bound(arn)))
    over = [action for each in defaults for action in each.ok_actions_for(context)]
    for arn in _bound(alarm, over, alarm._ok_action_arns):  # pyright: ignore[reportPrivateUsage]
        alarm.add_ok_action(cast("cloudwatch.IAlarmAction", _Bound(arn)))
    for each in reversed(defaults):
        if (name := each.name_for(context)) is not None:
            _set_name(alarm, name)
            break


def _bound(alarm: cloudwatch.Alarm, actions: Sequence[AlarmAction], there: Sequence[str] | None) -> list[str]:
    """The ARNs of actions that are not there yet, each once."""
    known = list(there or ())
    before = len(known)
    for action in actions:
        arn = action.bind(alarm, cast("cloudwatch.IAlarm", alarm)).alarm_action_arn
        if arn not in known:
            known.append(arn)
    if len(known) > _MOST_ACTIONS:
        raise ValueError(
            f"{alarm.node.path} has {len(known)} actions, and CloudWatch takes {_MOST_ACTIONS}: give fewer to the "
            "alarm, its construct and AlarmDefaults, or have a topic tell several"
        )
    return known[before:]


@jsii.implements(cloudwatch.IAlarmAction)
class _Bound:
    """An action that is bound already."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def bind(self, scope: Construct, alarm: cloudwatch.IAlarm, /) -> cloudwatch.AlarmActionConfig:
        return cloudwatch.AlarmActionConfig(alarm_action_arn=self._arn)


def _set_name(alarm: cloudwatch.Alarm, name: str) -> None:
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise ValueError(
            f"{alarm.node.path}: the name {name!r} has {len(name)} characters, and CloudWatch takes 1–{_LONGEST_NAME}: "
            "have naming answer another one, or None to have CloudFormation make it"
        )
    resource = alarm.node.default_child
    assert isinstance(resource, cloudwatch.CfnAlarm)
    resource.alarm_name = name
