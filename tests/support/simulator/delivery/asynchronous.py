"""Facts about asynchronous invocation."""

from __future__ import annotations

from tests.support.simulator.delivery.fact import (
    ASYNC_TESTS,
    DG,
    EDGES_TESTS,
    RECORDED,
    RECORDINGS_TEST,
    WAYS_TESTS,
    Fact,
    Facts,
)

ASYNCHRONOUS: Facts = {
    "Asynchronous invocation": (
        Fact(
            "After a function error Lambda waits a minute, then two, and tries at most twice again.",
            f"{DG}invocation-async-error-handling.html",
            f"{ASYNC_TESTS}a_function_error_is_retried_on_the_schedule",
        ),
        Fact(
            "All attempts have the same request id.",
            RECORDED,
            f"{ASYNC_TESTS}every_attempt_has_the_same_request_id",
            "recorded",
        ),
        Fact(
            "Throttles use up no retries: the event returns to its queue, with waits from 1 s to 5 minutes.",
            f"{DG}invocation-async-error-handling.html",
            f"{ASYNC_TESTS}throttling_for_an_hour_uses_no_retries",
        ),
        Fact(
            "An event older than MaximumEventAgeInSeconds is given up.",
            f"{DG}invocation-async-error-handling.html",
            f"{ASYNC_TESTS}what_never_ran_is_given_up_when_it_is_too_old",
        ),
        Fact(
            "After a function error, an event that would be too old at the end of its wait is given up at once.",
            RECORDED,
            f"{ASYNC_TESTS}a_function_error_is_retried_on_the_schedule",
            "recorded",
        ),
        Fact(
            "An asynchronous event has at most 1 MiB, a synchronous one 6 MiB.",
            f"{DG}gettingstarted-limits.html",
            "handlers/test_handlers.py::test_an_event_that_lambda_would_not_take_is_refused",
        ),
        Fact(
            "With a reserved concurrency of 0 an event is given up without an attempt; its record has no response.",
            f"{DG}lambda-concurrency.html",
            f"{ASYNC_TESTS}without_concurrency_an_event_is_given_up_at_once",
        ),
        Fact(
            "A dead-letter queue gets the event as it was, with RequestID, ErrorCode and ErrorMessage.",
            f"{DG}invocation-async-retain-records.html",
            f"{ASYNC_TESTS}the_dead_letter_queue_gets_the_event_as_it_was_and_the_reason_as_attributes",
        ),
        Fact(
            "A version or alias has a configuration of its own.",
            f"{DG}invocation-async-configuring.html",
            f"{ASYNC_TESTS}a_qualifier_has_a_configuration_of_its_own",
        ),
        Fact(
            "What Lambda cannot deliver to a destination is lost.",
            f"{DG}invocation-async-retain-records.html",
            f"{WAYS_TESTS}what_lambda_cannot_deliver_to_a_destination_is_lost",
        ),
        Fact(
            "Of a record above the 256 KB of a topic, delivery fails or the payloads are left out: pages disagree.",
            f"{DG}invocation-async-retain-records.html",
            f"{EDGES_TESTS}a_record_that_is_too_large_for_a_topic",
            "assumed",
            "large_sns_records",
        ),
        Fact("Records of successes and failures have the recorded fields.", RECORDED, RECORDINGS_TEST, "recorded"),
    ),
}
