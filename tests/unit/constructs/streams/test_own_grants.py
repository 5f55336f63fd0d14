"""A subclass with grants of its own decides what the access policy allows."""

from aws_cdk import aws_iam as iam

from redrive_cdk.streams.kinesis import KinesisConsumer
from tests.support.constructs.cdk import Synthesized, new_stack, python_function

MINE = iam.PolicyStatement(actions=["kinesis:GetRecords"], resources=["arn:aws:kinesis:*:*:stream/mine"])


class Instead(KinesisConsumer):
    """Allows something else."""

    def _create_grants(self) -> None:
        self.access_policy.add_statements(MINE)


class OwnPolicy(KinesisConsumer):
    """Has a policy that is made elsewhere, with a statement already."""

    def _create_access_policy(self) -> iam.Policy:
        return iam.Policy(self, "Mine", statements=[MINE])


def actions_of(kind: type[KinesisConsumer]) -> list[str]:
    stack = new_stack()
    consumer = kind(stack, "Orders", function=python_function(stack))
    document = Synthesized(stack).properties(consumer.access_policy)["PolicyDocument"]
    return [action for each in document["Statement"] for action in _listed(each["Action"])]


def _listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions


def test_grants_can_be_replaced() -> None:
    assert actions_of(Instead) == ["kinesis:GetRecords"]


def test_a_policy_of_ones_own_gets_the_usual_grants() -> None:
    assert actions_of(OwnPolicy) == ["kinesis:GetRecords", *actions_of(KinesisConsumer)]
