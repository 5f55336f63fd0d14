"""Stands for SQS and S3 in a test, and reads the answers of handlers."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from redrive.aws.clients import clients


class AwsCalls:
    """Keeps the calls of the handlers to SQS and S3, and confirms each of them.

    Attributes:
        requests: The name of boto3's method, such as `"send_message_batch"`, and its arguments, call by call.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def __repr__(self) -> str:
        return f"AwsCalls({', '.join(name for name, _ in self.requests) or 'none yet'})"

    def sent_to(self, queue_url: str) -> list[dict[str, Any]]:
        """Return the messages that were sent to a queue, such as dead letters, as boto3's arguments.

        Args:
            queue_url: The queue's URL.

        Returns:
            Each message with `MessageBody` and `MessageAttributes`.
        """
        found: list[dict[str, Any]] = []
        for _, arguments in self.requests:
            if arguments.get("QueueUrl") == queue_url:
                messages: list[dict[str, Any]] = arguments.get("Entries", [arguments])
                found += [message for message in messages if "MessageBody" in message]
        return found

    @property
    def objects(self) -> dict[str, bytes]:
        """The objects that were written to S3, by their `s3://` address."""
        written = [arguments for name, arguments in self.requests if name == "put_object"]
        return {f"s3://{each['Bucket']}/{each['Key']}": each["Body"] for each in written}

    @property
    def waits(self) -> dict[str, int]:
        """The visibility timeouts that were set, in seconds, by receipt handle."""
        return {
            entry["ReceiptHandle"]: entry["VisibilityTimeout"]
            for name, arguments in self.requests
            if name == "change_message_visibility_batch"
            for entry in arguments["Entries"]
        }

    def send_message_batch(self, **arguments: Any) -> dict[str, Any]:
        """Answer for boto3's method: all messages are sent."""
        return self._confirm("send_message_batch", arguments)

    def change_message_visibility_batch(self, **arguments: Any) -> dict[str, Any]:
        """Answer for boto3's method: all visibility timeouts are set."""
        return self._confirm("change_message_visibility_batch", arguments)

    def send_message(self, **arguments: Any) -> dict[str, Any]:
        """Answer for boto3's method: the message is sent."""
        self.requests.append(("send_message", arguments))
        return {"MessageId": str(len(self.requests))}

    def put_object(self, **arguments: Any) -> dict[str, Any]:
        """Answer for boto3's method: the object is written."""
        self.requests.append(("put_object", arguments))
        return {"ETag": '"1"'}

    def __getattr__(self, name: str) -> Any:
        """Refuse any other call of a client."""
        raise AttributeError(
            f"recorded_calls() answers for what handlers call of SQS and S3, not for {name}: use moto, or put a client "
            "of your own into redrive.clients"
        )

    def _confirm(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.requests.append((name, arguments))
        return {"Successful": [{"Id": entry["Id"], "MessageId": entry["Id"]} for entry in arguments["Entries"]]}


@contextmanager
def recorded_calls() -> Generator[AwsCalls]:
    """Keep the calls that handlers make to AWS within a `with` block, instead of making them.

    Clients that your own code creates are not replaced.

    Yields:
        The calls.
    """
    calls = AwsCalls()
    with clients.replaced(lambda service, limits: calls):
        yield calls


def returned_ids(response: Mapping[str, Any]) -> list[str]:
    """Return the ids in a partial batch response.

    Args:
        response: The answer of a handler.

    Returns:
        The ids of the messages to be received again; of a stream, the sequence number of the checkpoint, if any.

    Raises:
        TypeError: It is no such response.
    """
    if not isinstance(response, Mapping) or "batchItemFailures" not in response:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"{response!r:.200} is no partial batch response, which has batchItemFailures: give what a handler of "
            "@sqs_handler, @kinesis_handler or @dynamodb_stream_handler has returned"
        )
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]
