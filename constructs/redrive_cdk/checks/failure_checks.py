"""`FailureChecks`: all rules, on everything that an app deploys."""

from __future__ import annotations

from aws_cdk import App

from redrive_cdk.core.final_check import check_everything
from redrive_model import limits


class FailureChecks:
    """Applies all rules to the templates of an app when it is synthesized, also to resources wired by hand.

    The constructs of this package are checked in any case, together with what they are connected to. This is for
    everything else: functions, queues, streams and mappings that other constructs have created. The templates are read
    as they are deployed, after Aspects and overrides, nested stacks included.

    Findings are part of the CDK's validation report, with the path of the construct. Those that AWS would refuse, or
    that would lose events, end the synthesis. A warning is acknowledged by its id on the construct or above it.

    https://docs.aws.amazon.com/cdk/v2/guide/policy-validation-synthesis.html
    """

    @staticmethod
    def apply(app: App, *, account_concurrency: int = limits.ACCOUNT_CONCURRENCY) -> None:
        """Have an app checked; call it once, before or after the stacks are created.

        Args:
            app: The app.
            account_concurrency: Concurrent invocations that the account allows in a Region. Default: 1,000, Lambda's
                own default.

        Raises:
            ValueError: `app` is no app but a part of one.
        """
        check_everything(app, account_concurrency)
