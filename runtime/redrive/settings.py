"""What a construct tells its helper: the one place that knows the environment variables.

A construct writes one variable for each source of the function (`REDRIVE_SQS_1`, `REDRIVE_SQS_2`, …), holding JSON;
the helper finds the one of a record by the record's `eventSourceARN`. Lambda allows 4 KB for all variables of a
function together, a source takes about 500 bytes:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

from collections.abc import Mapping

from redrive.backoff import Backoff
from redrive.errors import SettingsError
from redrive.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Given = TypeVar("Given", str, int)

__all__ = ["Backoff", "SqsSettings", "encode_sqs", "read_sqs", "sqs_variable"]


class SqsSettings(Frozen):
    """What `@sqs_handler` knows of one source queue. `None` means not known.

    A construct fills in all of it. For functions that the constructs did not make, pass what applies by hand:
    `@sqs_handler(settings=SqsSettings(dead_letter_queue_url=…, max_receive_count=5))`.

    Attributes:
        source_arn: The queue these settings are for. `None`: for every queue.
        queue_url: The source queue's URL, for `ChangeMessageVisibilityBatch`. `None`: made from the record's
            `eventSourceARN`.
        dead_letter_queue_url: Where permanent failures are sent. `None`: they are retried like any other failure.
        max_receive_count: `maxReceiveCount` of the redrive policy, for `message.is_last_receive`.
        function_timeout: The function's timeout in seconds.
        retention_period: The source queue's message retention in seconds: no retry is put off past it.
        backoff: The wait between receives. `None`: the defaults of `Backoff`.
    """

    __slots__ = (
        "backoff",
        "dead_letter_queue_url",
        "function_timeout",
        "max_receive_count",
        "queue_url",
        "retention_period",
        "source_arn",
    )
    source_arn: str | None
    queue_url: str | None
    dead_letter_queue_url: str | None
    max_receive_count: int | None
    function_timeout: float | None
    retention_period: float | None
    backoff: Backoff | None

    def __init__(
        self,
        *,
        source_arn: str | None = None,
        queue_url: str | None = None,
        dead_letter_queue_url: str | None = None,
        max_receive_count: int | None = None,
        function_timeout: float | None = None,
        retention_period: float | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._set(
            source_arn=source_arn,
            queue_url=queue_url,
            dead_letter_queue_url=dead_letter_queue_url,
            max_receive_count=max_receive_count,
            function_timeout=function_timeout,
            retention_period=retention_period,
            backoff=backoff,
        )

    def over(self, others: SqsSettings) -> SqsSettings:
        """These settings, with what they leave open taken from others."""
        mine = {name: value for name, value in self.as_dict().items() if value is not None}
        return others.replace(**mine) if mine else others


_NO_SQS = SqsSettings()
# Decoded once: the same few strings come at every invocation. Bad ones are not kept, so this cannot grow.
_decoded: dict[tuple[str, str], SqsSettings] = {}


def sqs_variable(number: int) -> str:
    """The name of the variable for one of a function's sources.

    Args:
        number: 1 for the first source, and on without a gap.

    Returns:
        The variable's name.
    """
    return f"REDRIVE_SQS_{number}"


def encode_sqs(settings: SqsSettings) -> dict[str, object]:
    """Settings as the JSON object to put into the variable; what is not known is left out.

    Args:
        settings: Values; those that a template only knows at deployment may be tokens.

    Returns:
        A dictionary, since only the CDK can write tokens as JSON.
    """
    known = {name: value for name, value in settings.as_dict().items() if value is not None}
    if settings.backoff is not None:
        known["backoff"] = settings.backoff.as_dict()
    return known


def read_sqs(environment: Mapping[str, str], source_arn: str) -> SqsSettings:
    """The settings of one source queue.

    Args:
        environment: Environment variables, such as `os.environ`.
        source_arn: The record's `eventSourceARN`.

    Returns:
        Its settings, empty where no construct wrote any for it.

    Raises:
        SettingsError: A variable cannot be read, and none of the others is for this source.
    """
    number = 1
    unreadable: SettingsError | None = None
    while (value := environment.get(name := sqs_variable(number))) is not None:
        number += 1
        settings = _decoded.get((name, value))
        if settings is None:
            try:
                settings = _decoded[name, value] = _decode(name, value)
            except SettingsError as error:
                unreadable = error
                continue
        if settings.source_arn in (None, source_arn):
            return settings
    if unreadable is not None:
        raise unreadable
    return _NO_SQS


def _decode(name: str, value: str) -> SqsSettings:
    import json

    try:
        decoded: object = json.loads(value)
        if not isinstance(decoded, dict):
            raise SettingsError(f"expected a JSON object, got {type(decoded).__name__}")
        fields: dict[str, object] = decoded  # pyright: ignore[reportUnknownVariableType]
        return SqsSettings(
            source_arn=_typed(fields, "source_arn", str),
            queue_url=_typed(fields, "queue_url", str),
            dead_letter_queue_url=_typed(fields, "dead_letter_queue_url", str),
            max_receive_count=_typed(fields, "max_receive_count", int),
            function_timeout=_number(fields, "function_timeout"),
            retention_period=_number(fields, "retention_period"),
            backoff=_backoff(fields.get("backoff")),
        )
    except (ValueError, OverflowError, RecursionError) as error:  # not JSON, or not what is expected, or beyond measure
        raise SettingsError(
            f"environment variable {name} cannot be read ({error}): its value is {value[:200]!r}; it is written by "
            "the construct, so deploy construct and layer of the same release, or pass settings= by hand"
        ) from error


def _typed(fields: Mapping[str, object], name: str, kind: type[Given]) -> Given | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise SettingsError(f"{name} is {value!r}, expected {kind.__name__}")
    return value


def _number(fields: Mapping[str, object], name: str) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SettingsError(f"{name} is {value!r}, expected a number of seconds")
    return float(value)


def _backoff(value: object) -> Backoff | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise SettingsError(f"backoff is {value!r}, expected an object")
    fields: dict[str, object] = value  # pyright: ignore[reportUnknownVariableType]
    given = {name: _number(fields, name) for name in ("base", "factor", "cap")}
    return Backoff().replace(
        **{name: number for name, number in given.items() if number is not None},
        jitter=_typed(fields, "jitter", str) or "full",
    )
