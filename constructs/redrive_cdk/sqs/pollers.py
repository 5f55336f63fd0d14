"""`ProvisionedPollers`: pollers that an event source mapping keeps ready."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_lambda as lambda_

from redrive_cdk.core.arguments import check_fields
from redrive_cdk.core.tree import resource_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedPollers:
    """Pollers that an event source mapping keeps ready, instead of starting pollers as messages arrive.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html

    Attributes:
        minimum: Minimum number of pollers, 2–200. Default: 2.
        maximum: Maximum number of pollers, 2–10,000, at least the minimum. Default: 200.
    """

    minimum: int = 2
    maximum: int = 200

    def __post_init__(self) -> None:
        """Refuse wrong types; the rules of `SqsConsumer` check the numbers.

        Raises:
            TypeError: A field has a wrong type.
        """
        check_fields(self)

    def put_on(self, mapping: lambda_.EventSourceMapping) -> None:
        """Set these pollers on the mapping's resource.

        The CDK's own option is not used, because it allows only 2,000 pollers, and Lambda 10,000.

        Args:
            mapping: Event source mapping.
        """
        resource = resource_of(mapping)
        assert isinstance(resource, lambda_.CfnEventSourceMapping)
        resource.provisioned_poller_config = lambda_.CfnEventSourceMapping.ProvisionedPollerConfigProperty(
            minimum_pollers=self.minimum, maximum_pollers=self.maximum
        )
