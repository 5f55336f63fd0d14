"""`InvocationRecord`: the record of an asynchronous invocation, read from a destination or a dead-letter queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypedDict, cast

from redrive.asynchronous import identity
from redrive.asynchronous.attempt import REPLAYED_EVENT
from redrive.asynchronous.identity import replayed_event
from redrive.destinations.failure import ReplayRequest
from redrive.destinations.form import InvalidRecord, members
from redrive.destinations.invocation_rules import FORM, Condition, fields_of, payload_text, unwrapped


class InvokeArguments(TypedDict):
    """The arguments of boto3's `invoke` that invoke a function asynchronously.

    Attributes:
        FunctionName: Name or ARN of the function.
        InvocationType: Always `"Event"`.
        Payload: The event, as JSON in UTF-8.
    """

    FunctionName: str
    InvocationType: Literal["Event"]
    Payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationRecord:
    """The result of an asynchronous invocation, and its event.

    Lambda sends this record to a destination; to a dead-letter queue it sends only the event, with attributes:
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html

    Attributes:
        source: `"destination"` or `"dead_letter_queue"`. A dead-letter queue gives only `request_id`, `payload`,
            `error_code` and `error_message`; all other fields are `None`, and `stack_trace` is empty.
        request_id: The id of the request, the same at every attempt.
        original_request_id: The id of the first request with this event. It differs from `request_id` if the event was
            brought back with `invoke_arguments(with_identity=True)`.
        payload: The event of the function, as a JSON value, without an identity that it was brought back with. From a
            dead-letter queue, the text itself if it is not JSON.
        condition: Why Lambda sent the record: `"Success"`, `"RetriesExhausted"` (the function failed at every attempt),
            `"EventAgeExceeded"` (the event was too old for another attempt) or `"ZeroReservedConcurrency"` (the
            function may not run at all). A condition that is not known here is kept as it is.
        version: The version of the record format, such as `"1.0"`.
        timestamp: The time when the record was sent, in UTC.
        function_arn: The ARN of the function, with `:$LATEST`, the version or the alias that was invoked.
        approximate_invoke_count: The number of times the function was called.
        status_code: The HTTP status of the last call; also 200 if the function failed.
        executed_version: The version of the function that ran.
        function_error: Set if the function failed, usually to `"Unhandled"`.
        response_payload: The return value of the function, or its error. Also `None` if there was no response.
        error_code: From a dead-letter queue only: the HTTP status, 200 if the function failed.
        error_type: The name of the error that the function raised.
        error_message: The message of the error; from a dead-letter queue, its first 1 KB. `None` if there is none.
        stack_trace: The stack trace of the error, one string for each frame, in the format of the function's runtime.
    """

    source: Literal["destination", "dead_letter_queue"]
    request_id: str
    payload: Any
    condition: Condition | str | None = None
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
    original_request_id: str = ""
    # `dataclasses.replace` does not copy it, because it may set another payload.
    _payload_text: str | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def parse(cls, received: object) -> InvocationRecord:
        """Read one record, in any form in which it arrives.

        The accepted forms are:

        - The record itself, as JSON or as an object: the event of a destination function, the content of an S3 object,
          the body of a message.
        - A message of SQS: an `SqsMessage`, a record of a Lambda event, or a message of boto3's `receive_message`.
        - A notification of SNS: a record of a Lambda event, or the JSON that SNS delivers to queues and over HTTP.
        - An event of EventBridge.
        - Any of these inside a message.
        - A message of a queue or an object of a bucket of the simulator.

        A message of a dead-letter queue is recognized by its attributes. Pass the whole message, and receive it with
        `MessageAttributeNames=["All"]`: its body is only the event, which may be any text.

        Args:
            received: The input, in one of these forms.

        Returns:
            The record.

        Raises:
            InvalidRecord: The input is something else, or not in the form that AWS documents. The message gives the
                place, the value and the rule.
        """
        return cls._parse(received, "")

    @classmethod
    def parse_event(cls, event: object) -> list[InvocationRecord]:
        """Read all records of the event of a Lambda function.

        One invalid record makes the whole event fail. For a function behind a queue it is better to parse each message
        separately: `@sqs_handler` with `InvocationRecord.parse(message)`.

        Args:
            event: An event of SQS or SNS with its `Records`, or any input of `parse`.

        Returns:
            The records, in their order.

        Raises:
            InvalidRecord: One of them is something else, or not in the form that AWS documents.
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
        fields, text = fields_of(arrived), payload_text(arrived)
        replayed = replayed_event(fields["payload"])
        if replayed is not None:
            fields |= {"payload": replayed.event, "original_request_id": replayed.request_id}
            text = None if text is None else members(members(text)[REPLAYED_EVENT])["event"]
        record = cls(**fields)
        object.__setattr__(record, "_payload_text", text)
        return record

    def __post_init__(self) -> None:
        """Set the default of `original_request_id`."""
        if not self.original_request_id:
            object.__setattr__(self, "original_request_id", self.request_id)

    @property
    def kind(self) -> Literal["invocation_record", "function_dead_letter"]:
        """The kind of this failure among all kinds."""
        return "invocation_record" if self.source == "destination" else "function_dead_letter"

    @property
    def came_from(self) -> str | None:
        """The ARN of the function, with the version or alias that was invoked; `None` from a dead-letter queue."""
        return None if self.function_arn is None else self.function_arn.removesuffix(":$LATEST")

    @property
    def failed_function(self) -> str | None:
        """The same as `came_from`."""
        return self.came_from

    @property
    def failed_at(self) -> datetime | None:
        """The same as `timestamp`."""
        return self.timestamp

    @property
    def cause(self) -> str | None:
        """The message of the error, else the condition."""
        return self.error_message or self.condition

    @property
    def event(self) -> Any:
        """The same as `payload`."""
        return self.payload

    def replay_request(self, to: str | None = None) -> ReplayRequest:
        """Return the call that invokes the function again, asynchronously, with the original event.

        Args:
            to: Name or ARN of the function. Default: the function that was invoked. Required for a message of a
                dead-letter queue.

        Raises:
            ValueError: The function is not known.
        """
        return ReplayRequest(service="lambda", method="invoke", arguments={**self.invoke_arguments(to)})

    def invoke_arguments(self, function: str | None = None, *, with_identity: bool = False) -> InvokeArguments:
        """Build the arguments with which boto3 invokes the function again with the same payload.

        Use them as `boto3.client("lambda").invoke(**record.invoke_arguments())`. If the record arrived as text, the
        payload is the original one, byte for byte. To send a corrected payload, use
        `dataclasses.replace(record, payload=…)`.

        The replayed event gets a new request id. With `with_identity`, the payload carries the original request id,
        which is the default key of idempotency: an event that is done does not run again, one that failed does. Only a
        function with `@async_handler` understands such a payload; it takes the identity off before the user's function
        is called. About 100 bytes are added to the payload, which Lambda limits to 1 MB:
        https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html

        A function that was invoked without a qualifier is invoked without one again: `:$LATEST` means the same, but a
        permission to invoke the function does not include that ARN.
        https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html

        Args:
            function: Name or ARN of the function to invoke. Default: the function that was invoked. Required for a
                message of a dead-letter queue, which does not name its function.
            with_identity: Whether the payload carries the original request id. Default: only if the payload that
                arrived did.

        Returns:
            `FunctionName`, `InvocationType` and `Payload`.

        Raises:
            ValueError: The function is not known.
            InvalidRecord: The payload cannot be written as JSON, or it is no JSON and cannot carry an identity.
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
            "Payload": self._payload(with_identity=with_identity or self.original_request_id != self.request_id),
        }

    def _payload(self, *, with_identity: bool) -> bytes:
        text = self._payload_text
        if text is None:
            text = self._payload_as_json()
        if with_identity:
            FORM.json_of(text, "payload")  # that of a dead-letter queue may be any text
            text = identity.with_identity(text, self.original_request_id)
        return text.encode(errors="backslashreplace")  # a lone surrogate needs an escape

    def _payload_as_json(self) -> str:
        try:
            return json.dumps(self.payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidRecord(
                f"the payload of request {self.request_id} cannot be written as JSON ({error}); parse the record from "
                "the text that arrived, or give a payload that JSON can hold"
            ) from error
