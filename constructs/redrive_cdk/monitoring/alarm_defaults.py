"""`AlarmDefaults`: actions and names for all alarms of an app, a stack or a construct, in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple, cast

import jsii
from aws_cdk import AspectPriority, Aspects, IAspect
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct, IConstruct

from redrive_cdk.core.arguments import checked_method
from redrive_cdk.core.tree import node_of, once, path_of, resource_of, root_of, stack_of
from redrive_cdk.core.types import AlarmAction
from redrive_cdk.monitoring.failure_alarm import FailureAlarm, Meaning

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
_MOST_ACTIONS = 5
_LONGEST_NAME = 255
_ID = "RedriveAlarmDefaults"


class AlarmContext(NamedTuple):
    """An alarm, as a function for actions or names receives it.

    Attributes:
        alarm: The alarm.
        construct: The construct that created the alarm: a consumer, a table …
        means: Meaning of the alarm: `"lost"`, `"failed"` or `"delayed"`. `None` for an alarm that a subclass created by
            other means than `make_alarm`.
    """

    alarm: cloudwatch.Alarm
    construct: IConstruct
    means: Meaning | None

    @property
    def path(self) -> str:
        """The alarm's path in the app, such as `"Shop/Orders/DeadLetterAlarm"`."""
        return path_of(self.alarm)


#: Actions for all alarms, or a function that chooses the actions of each alarm.
Actions = Sequence[AlarmAction] | Callable[[AlarmContext], Sequence[AlarmAction]]
#: Function that returns an alarm's name, or `None` to have CloudFormation generate one.
Naming = Callable[[AlarmContext], str | None]


class AlarmDefaults(Construct):
    """Actions and names for all alarms that the constructs in a scope create.

    ```
    AlarmDefaults.of(stack).add(actions=[SnsAction(topic)])
    ```

    The defaults apply to constructs created before or after this call, in all stacks and stages below the scope. Alarms
    that do not come from the constructs stay unchanged.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        """Create the defaults; use `AlarmDefaults.of(scope)` instead.

        Args:
            scope: App, stage, stack or construct.
            id: Construct id.
        """
        super().__init__(scope, id)
        self._actions: list[Actions] = []
        self._ok_actions: list[Actions] = []
        self._naming: Naming | None = None
        _alarms_in(root_of(scope)).take_defaults(path_of(scope), self)

    @staticmethod
    def of(scope: Construct) -> AlarmDefaults:
        """Return the defaults of an app, a stage, a stack or a construct.

        Args:
            scope: App, stage, stack or construct.

        Returns:
            The scope's defaults, the same object at each call.
        """
        found = node_of(scope).try_find_child(_ID)
        return found if isinstance(found, AlarmDefaults) else AlarmDefaults(scope, _ID)

    @checked_method
    def add(self, *, actions: Actions = (), ok_actions: Actions = (), naming: Naming | None = None) -> AlarmDefaults:
        """Add actions, and set how alarms are named.

        Args:
            actions: Actions when an alarm fires. They are added to those of the scopes around this one, of the
                construct and of the alarm itself. A function can choose the actions of each alarm, for example by its
                meaning. An alarm has at most 5 actions in total; duplicates count once. Default: no more actions.
            ok_actions: Actions when an alarm returns to OK, with the same limit. Default: no more actions.
            naming: Function that returns an alarm's name. If several scopes have one, the scope nearest to the alarm
                that returns a name wins. Names are unique in an account and Region, and deployments cannot replace an
                alarm that has a name. Default: the naming of the scopes around, or else a name by CloudFormation.

        Returns:
            These defaults.
        """
        self._actions.append(actions if callable(actions) else tuple(actions))
        self._ok_actions.append(ok_actions if callable(ok_actions) else tuple(ok_actions))
        self._naming = naming or self._naming
        return self

    def actions_for(self, context: AlarmContext) -> list[AlarmAction]:
        """Return the actions when an alarm fires, according to these defaults only.

        Args:
            context: The alarm.

        Returns:
            The actions, without those of other scopes and of the alarm itself.
        """
        return _chosen(self._actions, context)

    def ok_actions_for(self, context: AlarmContext) -> list[AlarmAction]:
        """Return the actions when an alarm returns to OK, according to these defaults only.

        Args:
            context: The alarm.

        Returns:
            The actions, without those of other scopes.
        """
        return _chosen(self._ok_actions, context)

    def name_for(self, context: AlarmContext) -> str | None:
        """Return an alarm's name, according to these defaults only.

        Args:
            context: The alarm.

        Returns:
            The name, or `None` if these defaults give none.
        """
        return None if self._naming is None else self._naming(context)


def _chosen(given: Sequence[Actions], context: AlarmContext) -> list[AlarmAction]:
    return [action for each in given for action in (each(context) if callable(each) else each)]


@jsii.implements(IAspect)
class _Completion:
    """Completes an alarm with the defaults at synthesis, when all of them are known.

    Each alarm has its own aspect, because an aspect on an app would stop at its stages.
    """

    def visit(self, node: IConstruct, /) -> None:
        """Complete the alarm; the constructs inside it stay unchanged."""
        if isinstance(node, cloudwatch.Alarm):
            _complete(node)


class _Alarms:
    """The alarms and the defaults in one tree of constructs.

    An alarm without anything to complete it with waits, and gets no aspect: the CDK would call Python twice for it, and
    most apps have no defaults.
    """

    def __init__(self) -> None:
        self._defaults: list[tuple[str, AlarmDefaults]] = []  # by the path of their scope
        self._waiting: dict[cloudwatch.Alarm, None] = {}  # in the order of their creation
        self._completed: set[cloudwatch.Alarm] = set()

    def take_defaults(self, path: str, defaults: AlarmDefaults) -> None:
        """Take new defaults for a scope, and have the alarms in it completed."""
        self._defaults.append((path, defaults))
        for alarm in [alarm for alarm in self._waiting if _is_within(alarm, path)]:
            self._complete(alarm)

    def take_alarm(self, alarm: cloudwatch.Alarm) -> None:
        """Take an alarm that is new, or newly shared, and have it completed if there is something to do so."""
        if alarm in self._completed:
            return
        self._waiting[alarm] = None
        if (isinstance(alarm, FailureAlarm) and alarm.actions) or (self._defaults and self.around(alarm)):
            self._complete(alarm)

    def _complete(self, alarm: cloudwatch.Alarm) -> None:
        del self._waiting[alarm]
        self._completed.add(alarm)
        Aspects.of(alarm).add(cast("IAspect", _Completion()), priority=_mutating())

    def around(self, alarm: cloudwatch.Alarm) -> list[AlarmDefaults]:
        """Return the defaults of all scopes around an alarm, from the root to the alarm."""
        found = [(path, defaults) for path, defaults in self._defaults if _is_within(alarm, path)]
        return [defaults for _, defaults in sorted(found, key=lambda each: len(each[0]))]


@once
def _alarms_in(root: IConstruct) -> _Alarms:  # one for each root
    return _Alarms()


def _is_within(alarm: cloudwatch.Alarm, scope: str) -> bool:
    """Return whether an alarm, or a construct that shares it, is in a scope."""
    watchers = alarm.watchers if isinstance(alarm, FailureAlarm) else ()
    return any(f"{path}/".startswith(f"{scope}/" if scope else "") for path in (path_of(alarm), *watchers))


@cache
def _mutating() -> float:
    return AspectPriority.MUTATING


def complete_at_synthesis(alarm: cloudwatch.Alarm, scope: Construct) -> None:
    """Complete an alarm in a scope with all defaults around it at synthesis, including those that are added later."""
    _alarms_in(root_of(stack_of(scope))).take_alarm(alarm)


def _complete(alarm: cloudwatch.Alarm) -> None:
    own = isinstance(alarm, FailureAlarm)
    construct = alarm.construct if own else cast("IConstruct", node_of(alarm).scope)
    context = AlarmContext(alarm, construct, alarm.means if own else None)
    defaults = _alarms_in(root_of(stack_of(construct))).around(alarm)
    actions = [action for each in defaults for action in each.actions_for(context)]
    # Protected and documented lists of the CDK, which include the actions that the user added directly.
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
    """Bind the actions, and return the ARNs that the alarm does not have yet."""
    known = list(there or ())
    before = len(known)
    for action in actions:
        arn = action.bind(alarm, cast("cloudwatch.IAlarm", alarm)).alarm_action_arn
        if arn not in known:
            known.append(arn)
    if len(known) > _MOST_ACTIONS:
        raise ValueError(
            f"{path_of(alarm)} has {len(known)} actions, and CloudWatch takes {_MOST_ACTIONS}: give fewer to the "
            "alarm, its construct and AlarmDefaults, or have a topic tell several"
        )
    return known[before:]


@jsii.implements(cloudwatch.IAlarmAction)
class _Bound:
    """An alarm action that is already bound."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def bind(self, scope: Construct, alarm: cloudwatch.IAlarm, /) -> cloudwatch.AlarmActionConfig:
        return cloudwatch.AlarmActionConfig(alarm_action_arn=self._arn)


def _set_name(alarm: cloudwatch.Alarm, name: str) -> None:
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise ValueError(
            f"{path_of(alarm)}: the name {name!r} has {len(name)} characters, and CloudWatch takes 1–{_LONGEST_NAME}: "
            "have naming answer another one, or None to have CloudFormation make it"
        )
    resource = resource_of(alarm)
    assert isinstance(resource, cloudwatch.CfnAlarm)
    resource.alarm_name = name
