"""Pollers that a mapping keeps ready."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_lambda as lambda_

from redrive_cdk import known


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedPollers:
    """Pollers that a mapping keeps ready, instead of those it starts as messages come.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html

    Attributes:
        minimum: 2–200. Default: 2.
        maximum: 2–10,000, at least the minimum. Default: 200.
    """

    minimum: int = 2
    maximum: int = 200

    def put_on(self, mapping: lambda_.EventSourceMapping) -> None:
        """Set them on the mapping's resource, since the L2 construct stops at 2,000 pollers and Lambda at 10,000.

        Args:
            mapping: An event source mapping.
        """
        resource = known.resource_of(mapping)
        assert isinstance(resource, lambda_.CfnEventSourceMapping)
        resource.provisioned_poller_config = lambda_.CfnEventSourceMapping.ProvisionedPollerConfigProperty(
            minimum_pollers=self.minimum, maximum_pollers=self.maximum
        )
