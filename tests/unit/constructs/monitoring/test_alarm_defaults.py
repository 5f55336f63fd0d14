"""Actions and names of all alarms of an app, a stack or a construct."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Sequence
from typing import Any

import pytest
from aws_cdk import CfnElement, Stack, Stage
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from redrive_cdk import AlarmContext, AlarmDefaults, AlarmOptions, SqsConsumer, SyncInvocation, make_alarm
from redrive_cdk.core.types import AlarmAction
from tests.support.constructs.cdk import Synthesized, new_app, new_stack, python_function


def consumer(scope: Construct, id: str = "Orders", **options: Any) -> SqsConsumer:
    return SqsConsumer(scope, id, function=python_function(scope, f"{id}Function"), **options)


def topics(scope: Construct, *names: str) -> list[sns.Topic]:
    return [sns.Topic(scope, name) for name in names]


def tell(topic: sns.Topic) -> actions.SnsAction:
    return actions.SnsAction(topic)


def told(stack: Stack, alarm: cloudwatch.Alarm | None, state: str = "Alarm") -> list[str]:
    """The ids of the topics that an alarm of a stack tells."""
    found = Synthesized(stack).properties(alarm).get(f"{state}Actions", [])
    names = {stack.resolve(_resource(topic).logical_id): topic.node.id for topic in _topics(stack)}
    return [names[each["Ref"]] for each in found]


def _topics(stack: Stack) -> list[sns.Topic]:
    return [each for each in stack.node.find_all() if isinstance(each, sns.Topic)]


def _resource(construct: Construct) -> CfnElement:
    resource = construct.node.default_child
    assert isinstance(resource, CfnElement)
    return resource


@pytest.mark.parametrize("first", ["the defaults", "the constructs"])
def test_actions_hold_for_all_constructs_of_a_stack_whatever_comes_first(first: str) -> None:
    stack = new_stack()
    (topic,) = topics(stack, "Topic")
    if first == "the defaults":
        AlarmDefaults.of(stack).add(actions=[tell(topic)])
    orders, mails = consumer(stack), consumer(stack, "Mails")
    call = SyncInvocation(stack, "Call", caller=orders.function, callee=python_function(stack, "Callee"))
    if first == "the constructs":
        AlarmDefaults.of(stack).add(actions=[tell(topic)])
    alarms = [*orders.alarms, *mails.alarms, *call.alarms]
    assert len(alarms) == 14
    assert [told(stack, alarm) for alarm in alarms] == [["Topic"]] * 14


def test_actions_add_up_from_the_app_to_the_alarm_each_once() -> None:
    stack = new_stack()
    everyone, team, person, extra = topics(stack, "Everyone", "Team", "Person", "Extra")
    orders = consumer(
        stack,
        alarm_actions=[tell(person), tell(everyone)],
        age_alarm=AlarmOptions(actions=[tell(extra), tell(team)]),
    )
    AlarmDefaults.of(stack).add(actions=[tell(team)])
    AlarmDefaults.of(stack.node.root).add(actions=[tell(everyone)])
    assert told(stack, orders.age_alarm) == ["Everyone", "Team", "Person", "Extra"]
    assert told(stack, orders.dead_letter_alarm) == ["Everyone", "Team", "Person"]


def test_what_is_added_twice_to_one_scope_adds_up() -> None:
    stack = new_stack()
    one, other = topics(stack, "One", "Other")
    orders = consumer(stack)
    AlarmDefaults.of(stack).add(actions=[tell(one)])
    AlarmDefaults.of(stack).add(actions=[tell(other)])
    assert told(stack, orders.age_alarm) == ["One", "Other"]


def test_they_hold_in_stages_where_aspects_of_the_app_end() -> None:
    app = new_app()
    stage = Stage(app, "Production")
    stack = Stack(stage, "Shop")
    orders = consumer(stack)
    (topic,) = topics(stack, "Topic")
    AlarmDefaults.of(app).add(actions=[tell(topic)])
    assert told(stack, orders.age_alarm) == ["Topic"]


def test_they_hold_in_their_scope_alone() -> None:
    app = new_app()
    loud, quiet = Stack(app, "Loud"), Stack(app, "Quiet")
    (topic,) = topics(loud, "Topic")
    AlarmDefaults.of(loud).add(actions=[tell(topic)])
    here, elsewhere = consumer(loud), consumer(quiet)
    assert told(loud, here.age_alarm) == ["Topic"]
    assert told(quiet, elsewhere.age_alarm) == []


def test_actions_are_chosen_by_what_an_alarm_means() -> None:
    stack = new_stack()
    pager, mail = topics(stack, "Pager", "Mail")

    def by_meaning(alarm: AlarmContext) -> Sequence[AlarmAction]:
        return [tell(mail)] if alarm.means == "delayed" else [tell(pager)]

    AlarmDefaults.of(stack).add(actions=by_meaning, ok_actions=[tell(mail)])
    orders = consumer(stack)
    assert told(stack, orders.dead_letter_alarm) == ["Pager"]
    assert told(stack, orders.age_alarm) == ["Mail"]
    assert told(stack, orders.dead_letter_alarm, "OK") == ["Mail"]


def test_a_strategy_sees_the_alarm_and_its_construct() -> None:
    stack = new_stack("Shop")
    seen: dict[str, AlarmContext] = {}

    def look(alarm: AlarmContext) -> None:
        seen[alarm.path] = alarm

    orders = consumer(stack)
    AlarmDefaults.of(stack).add(naming=look)
    Synthesized(stack).template  # noqa: B018
    assert set(seen) == {alarm.node.path for alarm in orders.alarms}
    assert seen["Shop/Orders/DeadLetterAlarm"] == AlarmContext(orders.dead_letter_alarm, orders, "failed")
    assert seen["Shop/Orders/AgeAlarm"] == AlarmContext(orders.age_alarm, orders, "delayed")


def test_alarms_have_no_names_of_ones_own_unless_told_what() -> None:
    stack = new_stack()
    orders = consumer(stack)
    assert "AlarmName" not in Synthesized(stack).properties(orders.age_alarm)


def test_the_nearest_naming_that_answers_a_name_holds() -> None:
    stack = new_stack("Shop")
    orders, mails, rest = consumer(stack), consumer(stack, "Mails"), consumer(stack, "Rest")
    AlarmDefaults.of(stack).add(naming=lambda alarm: alarm.path.replace("/", "-"))
    AlarmDefaults.of(mails).add(naming=lambda alarm: f"mails-{alarm.means}")
    AlarmDefaults.of(rest).add(naming=lambda alarm: None)
    synthesized = Synthesized(stack)
    names = [synthesized.properties(each.age_alarm)["AlarmName"] for each in (orders, mails, rest)]
    assert names == ["Shop-Orders-AgeAlarm", "mails-delayed", "Shop-Rest-AgeAlarm"]


def test_alarms_that_a_subclass_makes_in_its_own_way_are_completed_too() -> None:
    class Payments(SqsConsumer):
        def _create_dead_letter_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
            metric = self.metric_dead_letters()
            return cloudwatch.Alarm(self, "Mine", metric=metric, threshold=3, evaluation_periods=1)

        def _create_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
            metric = self.metric_oldest_message_age()
            return make_alarm(self, "Old", options, means="delayed", metric=metric, threshold=60, description="Old.")

    stack = new_stack()
    (topic,) = topics(stack, "Topic")
    payments = Payments(stack, "Payments", function=python_function(stack))
    AlarmDefaults.of(stack).add(actions=[tell(topic)], naming=lambda alarm: f"{alarm.construct.node.id}-{alarm.means}")
    own = (payments.dead_letter_alarm, payments.age_alarm)
    assert [told(stack, alarm) for alarm in own] == [["Topic"], ["Topic"]]
    synthesized = Synthesized(stack)
    names = [synthesized.properties(alarm)["AlarmName"] for alarm in own]
    assert names == ["Payments-None", "Payments-delayed"]


def test_alarms_of_the_users_own_are_left_alone() -> None:
    stack = new_stack()
    (topic,) = topics(stack, "Topic")
    AlarmDefaults.of(stack).add(actions=[tell(topic)], naming=lambda alarm: "no")
    metric = consumer(stack).metric_dead_letters()
    own = cloudwatch.Alarm(stack, "Own", metric=metric, threshold=3, evaluation_periods=1)
    assert {"AlarmActions", "AlarmName"} & set(Synthesized(stack).properties(own)) == set()


def test_what_was_added_to_an_alarm_by_hand_stays_and_counts_once() -> None:
    stack = new_stack()
    one, other = topics(stack, "One", "Other")
    orders = consumer(stack)
    assert orders.age_alarm is not None
    orders.age_alarm.add_alarm_action(tell(one))
    AlarmDefaults.of(stack).add(actions=[tell(other), tell(one)])
    assert told(stack, orders.age_alarm) == ["One", "Other"]


def test_an_action_that_makes_constructs_can_do_so() -> None:
    """A function is allowed to be invoked by the alarm when the action is bound."""
    stack = new_stack()
    function = python_function(stack, "Told")
    AlarmDefaults.of(stack).add(actions=[actions.LambdaAction(function)])
    orders = consumer(stack)
    synthesized = Synthesized(stack)
    assert synthesized.properties(orders.age_alarm)["AlarmActions"] == [synthesized.arn(function)]
    sources = [each["Properties"]["SourceArn"] for each in synthesized.of_type("AWS::Lambda::Permission").values()]
    assert sorted(source["Fn::GetAtt"][0] for source in sources) == sorted(map(synthesized.id, orders.alarms))


def test_an_action_of_another_stack_is_exported_to_this_one() -> None:
    app = new_app()
    there, here = Stack(app, "There"), Stack(app, "Here")
    (topic,) = topics(there, "Topic")
    orders = consumer(here)
    AlarmDefaults.of(app).add(actions=[tell(topic)])
    (imported,) = Synthesized(here).properties(orders.age_alarm)["AlarmActions"]
    assert set(imported) <= {"Fn::ImportValue", "Fn::GetStackOutput"}
    assert here.dependencies == [there]


def test_more_actions_than_cloudwatch_takes_are_refused() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
    stack = new_stack()
    consumer(stack)
    AlarmDefaults.of(stack).add(actions=[tell(topic) for topic in topics(stack, *"ABCDE")])
    Synthesized(stack).template  # noqa: B018
    stack = new_stack()
    consumer(stack)
    AlarmDefaults.of(stack).add(actions=[tell(topic) for topic in topics(stack, *"ABCDEF")])
    with pytest.raises(Exception, match=r"Stack/Orders/.*Alarm has 6 actions, and CloudWatch takes 5: give fewer"):
        Synthesized(stack).template  # noqa: B018


@pytest.mark.parametrize("name", ["", "x" * 256])
def test_a_name_that_cloudwatch_does_not_take_is_refused(name: str) -> None:
    stack = new_stack()
    consumer(stack)
    AlarmDefaults.of(stack).add(naming=lambda alarm: name)
    with pytest.raises(Exception, match=r"Stack/Orders/.*Alarm: the name '.*' has \d+ characters"):
        Synthesized(stack).template  # noqa: B018


def test_what_is_no_list_of_actions_is_refused_where_it_is_given() -> None:
    stack = new_stack()
    (topic,) = topics(stack, "Topic")
    with pytest.raises(TypeError, match="give a list of actions, or a function that chooses them, also of one"):
        AlarmDefaults.of(stack).add(actions=tell(topic))
