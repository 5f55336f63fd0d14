"""Gives Lambda's limits of sizes, in bytes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""

from __future__ import annotations

#: An event of an asynchronous invocation.
LARGEST_EVENT = 1_048_576
#: An event of a synchronous invocation, and that of a batch.
LARGEST_REQUEST = 6 * 1_048_576
#: A function's response.
LARGEST_RESPONSE = 6 * 1_048_576
