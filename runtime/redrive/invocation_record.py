"""`InvocationRecord`: what becomes of an asynchronous invocation, as a destination or a dead-letter queue is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict, cast

from redrive.errors import InvalidRecord
from redrive.invocation_record_rules import Condition, fields_of, payload_text
from redrive.invocation_record_sources import FORM, unwrapped


class InvokeArguments(TypedDict):
    """Arguments of boto3's `invoke`."""

    FunctionName: str
    InvocationType: Literal["Event"]
    Payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationRecord:
    """What became of an asynchronous invocation.

    Lambda sends it to a destination, or the event alone to a dead-letter queue:
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html

    Attributes:
        source: What sent it. Of a dead-letter queue only `request_id`, `payload`, `error_code` and `error_message` are
            known, and all else is `None`.
        request_id: The id of the request, the same at every attempt.
        payload: The event that the function was to process, as a JSON value.
        condition: Why it was sent.
        version: The version of the record's form.
        timestamp: When it was sent, in UTC.
        function_arn: The function, with `:$LATEST`, the version or the alias that was invoked.
        approximate_invoke_count: How often the function was called.
        status_code: The HTTP status of the last call, 200 also where the function failed.
        executed_version: The version of the function that ran.
        function_error: Set where the function failed, whatever it says: `Unhandled` as a rule.
        response_payload: What the function returned, or its error. `None` also where there was no response.
        error_code: Of a dead-letter queue: the HTTP status, 200 where the function failed.
        error_type: The name of the error that the function raised.
        error_message: What the error says; of a dead-letter queue, its first 1 KB. `None` where there is none.
        stack_trace: Where the function raised it, as its runtime writes it.
    """

    source: Literal["destination", "dead_letter_queue"]
    request_id: str
    payload: Any
    condition: Condition | None = None
    version: str | None = None
    timestamp: datetime | None = None
    function_arn: str | None = None
    approximate_invoke_count: int | None = None
    status_code: int | None = None
    executed_version: str | None = None
    function_error: str | None = None
    response_payload: Any = None
    error_code: int | None = None
    error_type: str | None = None
    error_message: str | None = None
    stack_trace: tuple[str, ...] = ()
    # Not taken over by `dataclasses.replace`, which may give another payload.
    _payload_text: str | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def parse(cls, received: object) -> InvocationRecord:
        """Read one record, in any form in which it arrives.

        That is: the record itself, as JSON or as an object (the event of a destination function, the content of an S3
        object, the body of a message); a message of SQS (an `SqsMessage`, a record of a Lambda event, a message of
        boto3's `receive_message`); a notification of SNS (a record of a Lambda event, or the JSON that it delivers to
        queues and over HTTP); an event of EventBridge; and each of them inside a message.

        A message of a dead-letter queue is told by its attributes. Hand it over whole, and receive it with
        `MessageAttributeNames=["All"]`: its body is the event alone, which may be anything.

        Args:
            received: What arrived.

        Returns:
            The record.

        Raises:
            InvalidRecord: It is something else, or not as AWS documents it. Says where, what was found and the rule.
        """
        return cls._parse(received, "")

    @classmethod
    def parse_event(cls, event: object) -> list[InvocationRecord]:
        """Read all records of the event of a Lambda function.

        One that is invalid makes the whole event fail. A function behind a queue does better to parse each message on
        its own: `@sqs_handler` with `InvocationRecord.parse(message)`.

        Args:
            event: An event of SQS or SNS with its `Records`, or anything that `parse` reads.

        Returns:
            The records, in their order.

        Raises:
            InvalidRecord: One of them is something else, or not as AWS documents it.
        """
        text = FORM.text_of(event, "")
        value: object = event if text is None else FORM.json_of(text, "")
        records: object = cast("Mapping[str, object]", value).get("Records") if isinstance(value, Mapping) else None
        if not isinstance(records, list):
            return [cls.parse(event)]
        return [cls._parse(each, f"Records[{index}]") for index, each in enumerate(cast("list[object]", records))]

    @classmethod
    def _parse(cls, received: object, path: str) -> InvocationRecord:
        arrived = unwrapped(received, path)
        record = cls(**fields_of(arrived))
        object.__setattr__(record, "_payload_text", payload_text(arrived))
        return record

    def invoke_arguments(self, function: str | None = None) -> InvokeArguments:
        """The arguments with which boto3 invokes the function again with the same payload.

        `boto3.client("lambda").invoke(**record.invoke_arguments())`. The payload is byte for byte the one that arrived,
        where that was text. To send a corrected one, use `dataclasses.replace(record, payload=…)`.

        The event gets a new request id. A function that was invoked without a qualifier is invoked so again: `:$LATEST`
        means the same, but leave to invoke the function does not extend to that ARN.
        https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html

        Args:
            function: Name or ARN of the function to invoke. Default: the one that was invoked. A message of a
                dead-letter queue does not say which that was, so there it must be given.

        Returns:
            `FunctionName`, `InvocationType` and `Payload`.

        Raises:
            ValueError: The function is not known.
            InvalidRecord: The payload cannot be written as JSON.
        """
        name = function or self.function_arn
        if name is None:
            raise ValueError(
                f"the message of request {self.request_id} is from a dead-letter queue, which does not say whose event "
                "it holds: give invoke_arguments(function=…) the function that has this dead-letter queue"
            )
        return {
            "FunctionName": name if function else name.removesuffix(":$LATEST"),
            "InvocationType": "Event",
            "Payload": self._payload(),
        }

    def _payload(self) -> bytes:
        if self._payload_text is not None:
            return self._payload_text.encode()
        try:
            text = json.dumps(self.payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            return text.encode(errors="backslashreplace")  # half a surrogate pair can only be written as an escape
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidRecord(
                f"the payload of request {self.request_id} cannot be written as JSON ({error}); parse the record from "
                "the text that arrived, or give a payload that JSON can hold"
            ) from error
