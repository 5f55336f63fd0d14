"""Defines and reads the settings of asynchronous invocation, one set for each qualifier."""

from __future__ import annotations

from collections.abc import Mapping

from redrive.core import SettingsError
from redrive.settings.base import Settings, first_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from redrive.settings.values import BucketName, LogGroup, Qualifier, Seconds, TableName


#: The qualifier of any numbered version in `AsyncSettings`. A version's number is not known before it is published, and
#: by then its environment is fixed. No alias can have this name.
NUMBERED_VERSION = "#"


#: The keys of attempts in a DynamoDB table begin with this.
ATTEMPT_KEYS = "attempts#"

#: Approximate seconds that Lambda waits after the first and the second function error of an asynchronous event.
RETRY_WAITS = (60, 120)


if TYPE_CHECKING:
    #: The place where attempts of an asynchronous event are counted. For the uses of each see `TmpCounter`,
    #: `DynamoDBCounter`, `S3Counter` and `LogsCounter`.
    CounterKind = Literal["tmp", "dynamodb", "s3", "logs"]


class AsyncSettings(Settings, kw_only=True):
    """Settings of `@async_handler` for one qualifier of the function. `None` means not known.

    A construct writes the settings of what it sets up. For functions that the constructs did not make, pass them by
    hand: `@async_handler(settings=AsyncSettings(retry_attempts=1))`.

    Attributes:
        qualifier: The qualifier that these settings are for: the name of an alias, `"#"` for any numbered version,
            `"$LATEST"` for the function invoked without a qualifier. `None`: every qualifier.
        retry_attempts: `MaximumRetryAttempts`, 0–2, for `attempt.is_last`.
        max_event_age: `MaximumEventAgeInSeconds`, for `attempt.is_last` and for the time that attempts are remembered.
        counter: The place where attempts are counted: `"tmp"`, `"dynamodb"`, `"s3"` or `"logs"`. `None`: in `/tmp`.
        counter_table: The name of the DynamoDB table for `counter="dynamodb"`.
        counter_bucket: The name of the S3 bucket for `counter="s3"`.
        counter_prefix: The prefix of the object keys in that bucket.
        counter_log_group: The name of the log group for `counter="logs"`. `None`: the one that Lambda names in the
            function's environment, else the default one, `/aws/lambda/` and the function's name.

    Raises:
        SettingsError: A value is outside of its range, or a counter lacks its table or bucket.
    """

    KIND = "ASYNC"

    qualifier: Qualifier | None = None
    retry_attempts: int | None = None
    max_event_age: Seconds | None = None
    counter: CounterKind | None = None
    counter_table: TableName | None = None
    counter_bucket: BucketName | None = None
    counter_prefix: str | None = None
    counter_log_group: LogGroup | None = None

    def _check(self) -> None:
        if self.retry_attempts not in (None, 0, 1, 2):
            raise SettingsError(f"retry_attempts {self.retry_attempts!r}: Lambda takes 0, 1 or 2; give one of these")
        if self.counter not in (None, "tmp", "dynamodb", "s3", "logs"):
            raise SettingsError(f"counter {self.counter!r}: give 'tmp', 'dynamodb', 's3' or 'logs'")
        for kind, name in (("dynamodb", "counter_table"), ("s3", "counter_bucket")):
            if self.counter == kind and getattr(self, name) is None:
                raise SettingsError(f"counter={kind!r} without {name}: say which one it is")

    def is_for(self, qualifier: str) -> bool:
        """Return true if these settings are for a qualifier.

        Args:
            qualifier: As in the invoked ARN: an alias, a version's number, or `"$LATEST"`.
        """
        return self.qualifier in (None, NUMBERED_VERSION if qualifier.isdecimal() else qualifier)

    @property
    def last_attempt(self) -> int | None:
        """The number of the last attempt before Lambda gives up an event, as its retries and maximum age allow.

        After the first function error Lambda waits one minute, after the second one two minutes. It gives up at once an
        event that would be too old by then. An event that has waited longer, in a long queue or for lack of
        concurrency, may be given up earlier.
        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html

        Returns:
            0, 1 or 2; `None` if the number of retries is not known.
        """
        if self.retry_attempts is None:
            return None
        number = age = 0
        for wait in RETRY_WAITS[: self.retry_attempts]:
            age += wait
            # A real event's age is slightly above the sum of the waits, so an equal sum is already too old.
            if self.max_event_age is not None and age >= self.max_event_age:
                break
            number += 1
        return number


def read_async(environment: Mapping[str, str], qualifier: str) -> AsyncSettings:
    """Return the settings of one qualifier of the function, empty if there are none."""
    return first_settings(AsyncSettings, environment, lambda settings: settings.is_for(qualifier)) or AsyncSettings()
