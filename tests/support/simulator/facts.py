"""The facts about AWS's delivery that the simulator follows, each with its source and the test that checks it."""

from __future__ import annotations

from typing import Literal, NamedTuple

DG = "https://docs.aws.amazon.com/lambda/latest/dg/"
SQSDG = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"
EB = "https://docs.aws.amazon.com/eventbridge/latest/userguide/"
SNS = "https://docs.aws.amazon.com/sns/latest/dg/"
DDB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
#: Recorded on AWS by LocalStack's tests.
RECORDED = "https://github.com/localstack/localstack/tree/main/tests/aws/services/lambda_"

#: `documented`: a page says so. `recorded`: observed on AWS, and on no page. `assumed`: neither.
Mark = Literal["documented", "recorded", "assumed"]


class Fact(NamedTuple):
    """A fact.

    Attributes:
        text: The fact.
        source: Address of the page or the recording; of what is assumed, the page that leaves it open.
        test: The test, as `file::function` below `tests/unit/simulator`.
        mark: How it is known.
        parameter: Field of `Parameters` that changes what is assumed.
    """

    text: str
    source: str
    test: str
    mark: Mark = "documented"
    parameter: str = ""


_SQS, _FIFO = "invocation/test_sqs_cases.py::test_", "invocation/test_fifo_cases.py::test_"
_ASYNC, _STREAM = "invocation/test_async_cases.py::test_", "invocation/test_stream_cases.py::test_"
_EDGES, _TABLE = "invocation/test_edges_of_delivery.py::test_", "invocation/test_table_cases.py::test_"
_WINDOW, _BISECT = "invocation/test_window_cases.py::test_", "invocation/test_bisect_cases.py::test_"
_WAYS, _REQUESTS = "test_unreachable.py::test_", "test_requests.py::test_"
_RECORDINGS = "test_recordings.py::test_a_record_is_as_aws_made_it"

FACTS: dict[str, tuple[Fact, ...]] = {
    "Queues": (
        Fact(
            "A message is moved to the dead-letter queue when its receive count would exceed maxReceiveCount.",
            f"{SQSDG}sqs-dead-letter-queues.html",
            f"{_SQS}a_message_is_received_up_to_the_maximum_and_then_moved",
        ),
        Fact(
            "After a function error a message is visible again at the end of its visibility timeout, counted from the "
            "receipt.",
            RECORDED,
            f"{_SQS}visibility_counts_from_the_receipt_not_from_the_failure",
            "recorded",
        ),
        Fact(
            "After a success Lambda deletes the whole batch.",
            f"{DG}with-sqs.html",
            f"{_SQS}a_success_deletes_the_whole_batch_and_nothing_is_left_to_happen",
        ),
        Fact(
            "Of a partial response, null, empty objects and empty lists mean success; an identifier that is empty, "
            "missing or unknown, and a response that is no JSON, fail the whole batch.",
            f"{DG}services-sqs-errorhandling.html",
            f"{_SQS}the_response_says_what_comes_back",
        ),
        Fact(
            "Without ReportBatchItemFailures the response is not read.",
            f"{DG}services-sqs-errorhandling.html",
            f"{_SQS}without_partial_responses_what_a_response_reports_is_lost",
        ),
        Fact(
            "A throttled batch is tried again until its visibility timeout is over, and has then spent a receive.",
            f"{DG}with-sqs.html",
            f"{_SQS}a_throttled_batch_is_tried_again_until_its_visibility_is_over_and_has_spent_a_receive",
        ),
        Fact(
            "MaximumConcurrency keeps messages in the queue and spends no receives.",
            f"{DG}services-sqs-scaling.html",
            f"{_SQS}maximum_concurrency_keeps_batches_in_the_queue_and_spends_no_receives",
        ),
        Fact(
            "Lambda starts with five concurrent batches.",
            f"{DG}services-sqs-scaling.html",
            f"{_SQS}the_queue_is_read_by_five_at_a_time_at_first",
        ),
        Fact(
            "A batch is full at BatchSize, at the end of the batching window, or at 6 MB.",
            f"{DG}with-sqs.html",
            f"{_SQS}a_batching_window_gathers_until_it_is_full_or_over",
        ),
        Fact(
            "A message that matches no filter is deleted.",
            f"{DG}invocation-eventfiltering.html",
            f"{_SQS}a_filter_deletes_what_does_not_match",
        ),
        Fact(
            "In a standard dead-letter queue the retention counts from the first queue, in a FIFO one from the move.",
            f"{SQSDG}sqs-dead-letter-queues.html",
            f"{_SQS}a_standard_dead_letter_queue_keeps_the_age_a_fifo_one_begins_anew",
        ),
        Fact(
            "A visibility timeout below the function's timeout is refused.",
            f"{DG}services-sqs-configure.html",
            f"{_SQS}lambda_refuses_a_visibility_timeout_below_the_functions",
        ),
        Fact(
            "A message can be hidden for 12 hours after its receipt, however often that is extended.",
            f"{SQSDG}sqs-visibility-timeout.html",
            f"{_FIFO}no_receipt_begins_the_12_hours_anew",
        ),
        Fact(
            "A message has at most 1 MiB, its attributes included.",
            f"{SQSDG}quotas-messages.html",
            f"{_FIFO}a_message_of_more_than_a_mebibyte_is_refused",
        ),
        Fact(
            "A move task brings messages back to their queue as new messages, 500 a second at most.",
            f"{SQSDG}sqs-configure-dead-letter-queue-redrive.html",
            f"{_EDGES}a_move_task_is_refused_for_a_queue_that_is_no_dead_letter_queue_and_moves_at_its_pace",
        ),
        Fact(
            "A move task without a destination fails for a message that was put there by SendMessage.",
            f"{SQSDG}sqs-configure-dead-letter-queue-redrive.html",
            f"{_EDGES}a_move_task_does_not_know_where_a_message_came_from_that_was_sent_there",
        ),
        Fact("A message in an event has the recorded fields.", RECORDED, _RECORDINGS, "recorded"),
    ),
    "FIFO queues": (
        Fact(
            "A group is blocked while one of its messages is in flight; other groups go on.",
            f"{SQSDG}FIFO-queues-understanding-logic.html",
            f"{_FIFO}a_group_waits_for_its_failed_message_and_others_go_on",
        ),
        Fact(
            "A deduplication id is remembered for 5 minutes.",
            f"{SQSDG}using-messagededuplicationid-property.html",
            f"{_FIFO}a_message_with_a_known_deduplication_id_is_taken_for_the_same_for_five_minutes",
        ),
        Fact(
            "Content-based deduplication goes by the body, not by the attributes.",
            f"{SQSDG}using-messagededuplicationid-property.html",
            f"{_FIFO}content_based_deduplication_goes_by_the_body",
        ),
    ),
    "Asynchronous invocation": (
        Fact(
            "After a function error Lambda waits a minute, then two, and tries at most twice again.",
            f"{DG}invocation-async-error-handling.html",
            f"{_ASYNC}a_function_error_is_retried_on_the_schedule",
        ),
        Fact(
            "All attempts have the same request id.",
            RECORDED,
            f"{_ASYNC}every_attempt_has_the_same_request_id",
            "recorded",
        ),
        Fact(
            "Throttles use up no retries: the event returns to its queue, with waits from 1 s to 5 minutes.",
            f"{DG}invocation-async-error-handling.html",
            f"{_ASYNC}throttling_for_an_hour_uses_no_retries",
        ),
        Fact(
            "An event older than MaximumEventAgeInSeconds is given up.",
            f"{DG}invocation-async-error-handling.html",
            f"{_ASYNC}what_never_ran_is_given_up_when_it_is_too_old",
        ),
        Fact(
            "With a reserved concurrency of 0 an event is given up without an attempt; its record has no response.",
            f"{DG}lambda-concurrency.html",
            f"{_ASYNC}without_concurrency_an_event_is_given_up_at_once",
        ),
        Fact(
            "A dead-letter queue gets the event as it was, with RequestID, ErrorCode and ErrorMessage.",
            f"{DG}invocation-async-retain-records.html",
            f"{_ASYNC}the_dead_letter_queue_gets_the_event_as_it_was_and_the_reason_as_attributes",
        ),
        Fact(
            "A version or alias has a configuration of its own.",
            f"{DG}invocation-async-configuring.html",
            f"{_ASYNC}a_qualifier_has_a_configuration_of_its_own",
        ),
        Fact(
            "What Lambda cannot deliver to a destination is lost.",
            f"{DG}invocation-async-retain-records.html",
            f"{_WAYS}what_lambda_cannot_deliver_to_a_destination_is_lost",
        ),
        Fact(
            "Of a record above the 256 KB of a topic, delivery fails or the payloads are left out: pages disagree.",
            f"{DG}invocation-async-retain-records.html",
            f"{_EDGES}a_record_that_is_too_large_for_a_topic",
            "assumed",
            "large_sns_records",
        ),
        Fact("Records of successes and failures have the recorded fields.", RECORDED, _RECORDINGS, "recorded"),
    ),
    "Streams": (
        Fact(
            "A failing batch is tried again until its retries or its age are used up, then the shard moves on.",
            f"{DG}kinesis-on-failure-destination.html",
            f"{_STREAM}a_failing_batch_is_tried_once_and_as_often_as_there_are_retries_then_the_shard_moves_on",
        ),
        Fact(
            "There were 8 attempts in about a minute; AWS does not publish the waits.",
            RECORDED,
            f"{_STREAM}unlimited_retries_within_a_minute_come_to_eight_or_nine",
            "assumed",
            "stream_retry_base",
        ),
        Fact(
            "Throttles are not counted as retries.",
            f"{DG}services-kinesis-parameters.html",
            f"{_STREAM}throttles_are_not_counted",
        ),
        Fact(
            "Of a batch in which some records are too old, only these are given up.",
            RECORDED,
            f"{_STREAM}only_the_expired_prefix_is_given_up",
            "recorded",
        ),
        Fact(
            "The lowest sequence number in a partial response is the checkpoint.",
            f"{DG}services-kinesis-batchfailurereporting.html",
            f"{_STREAM}the_response_names_the_checkpoint",
        ),
        Fact(
            "Progress gives a batch its retries back.",
            RECORDED,
            f"{_STREAM}progress_resets_the_budget",
            "recorded",
        ),
        Fact(
            "Bisecting a failing batch finds the bad record; without it, those behind are given up with it.",
            f"{DG}services-kinesis-parameters.html",
            f"{_BISECT}bisect_finds_the_bad_among_a_hundred",
        ),
        Fact(
            "A failing batch holds up its shard and no other.",
            f"{DG}with-kinesis.html",
            f"{_STREAM}a_failing_batch_holds_up_its_shard_and_no_other",
        ),
        Fact(
            "With ParallelizationFactor the order of each partition key is kept.",
            f"{DG}with-kinesis.html",
            f"{_STREAM}parallelization_makes_lanes_that_keep_the_order_of_each_key",
        ),
        Fact(
            "A bucket gets the records themselves.",
            f"{DG}kinesis-on-failure-destination.html",
            f"{_STREAM}s3_gets_the_records_themselves",
        ),
        Fact(
            "A tumbling window hands its state on, and ends with a call of its own.",
            f"{DG}services-kinesis-windows.html",
            f"{_WINDOW}a_tumbling_window_hands_its_state_on_and_ends_with_a_call_of_its_own",
        ),
        Fact(
            "A response without a state fails the invocation, and a state above 1 MB ends its window early.",
            f"{DG}services-kinesis-windows.html",
            f"{_WINDOW}a_state_of_more_than_a_megabyte_ends_the_window_early",
        ),
        Fact("Records and what is said of failed ones have the recorded fields.", RECORDED, _RECORDINGS, "recorded"),
    ),
    "Tables": (
        Fact(
            "The view of a stream decides which images its records have.",
            f"{DDB}Streams.html",
            f"{_TABLE}the_view_says_which_images_there_are",
        ),
        Fact(
            "SizeBytes counts names and values of the keys and the images.",
            f"{DDB}CapacityUnitCalculations.html",
            f"{_EDGES}a_change_has_the_size_of_the_documented_examples",
        ),
        Fact(
            "An expired item is deleted by the service within days, and its record says so.",
            f"{DDB}time-to-live-ttl-streams.html",
            "test_notifications.py::test_an_expired_item_is_deleted_by_the_service_and_its_stream_says_so",
        ),
    ),
    "EventBridge": (
        Fact(
            "A rule sends the events that match its pattern to its targets.",
            f"{EB}eb-rules.html",
            "test_event_rules.py::test_a_rule_brings_the_events_that_match_to_its_targets",
        ),
        Fact(
            "A target gets the event, a part of it, a constant, or the text of a transformer.",
            f"{EB}eb-transform-target-input.html",
            "test_event_rules.py::test_a_target_gets_its_input",
        ),
        Fact(
            "A delivery that fails is tried again for 24 hours and up to 185 times.",
            f"{EB}eb-rule-retry-policy.html",
            f"{_WAYS}without_a_retry_policy_a_rule_tries_185_times_in_a_day",
        ),
        Fact(
            "A retry policy limits retries and age; the dead letter says which of them ended it.",
            f"{EB}eb-rule-dlq.html",
            f"{_WAYS}a_rule_gives_up_by_its_retry_policy",
        ),
        Fact(
            "A missing permission is not tried again.",
            f"{EB}eb-rule-dlq.html",
            f"{_WAYS}a_missing_permission_is_not_tried_again",
        ),
        Fact(
            "The waits between these retries double from 1 s to 8 minutes.",
            f"{EB}eb-rule-retry-policy.html",
            f"{_WAYS}a_rule_tries_again_until_its_target_can_be_reached",
            "assumed",
            "rule_retry_base",
        ),
    ),
    "SNS": (
        Fact(
            "A filter policy drops the messages that do not match, by their attributes or by their body.",
            f"{SNS}sns-message-filtering.html",
            "test_notifications.py::test_filter_policies_drop_what_they_do_not_want",
        ),
        Fact(
            "A delivery to a queue or a function is tried 100,015 times in 23 days: at once, then up to 20 s apart.",
            f"{SNS}sns-message-delivery-retries.html",
            f"{_WAYS}a_subscription_tries_again_in_phases",
        ),
        Fact(
            "What is given up goes to the dead-letter queue of the subscription, and is lost without one.",
            f"{SNS}sns-dead-letter-queues.html",
            f"{_WAYS}what_a_subscription_gives_up_goes_to_its_dead_letter_queue",
        ),
    ),
    "S3": (
        Fact(
            "A notification goes to functions, queues and topics by the event and the key.",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html",
            "test_notifications.py::test_a_bucket_notifies_functions_queues_and_topics",
        ),
        Fact(
            "A notification that cannot be delivered is tried again for a day.",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html",
            f"{_WAYS}a_notification_of_a_bucket_is_tried_again_for_a_day",
            "assumed",
            "notification_age",
        ),
    ),
    "API Gateway": (
        Fact(
            "A function error and a result in a wrong format are 502, a call that Lambda refuses is 500.",
            f"{DG}services-apigateway-errors.html",
            f"{_REQUESTS}a_function_error_and_a_wrong_format_are_502_at_a_rest_api",
        ),
        Fact(
            "A REST API waits 29 s and an HTTP API 30 s; the function runs on.",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html",
            f"{_REQUESTS}api_gateway_does_not_wait_for_a_slow_function_which_runs_on",
        ),
        Fact(
            "An HTTP API takes any JSON for the body of a response, if it has no statusCode.",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html",
            f"{_REQUESTS}an_http_api_infers_the_response_of_other_results",
        ),
    ),
    "Functions": (
        Fact(
            "After about 16 rounds of one chain Lambda stops the next invocation.",
            f"{DG}invocation-recursion.html",
            "invocation/test_handlers_that_send.py::test_lambda_counts_rounds_in_the_trace_header",
        ),
        Fact(
            "On Managed Instances the code runs on after the timeout.",
            f"{DG}lambda-managed-instances-execution-environment.html",
            f"{_EDGES}on_managed_instances_the_code_runs_on_after_the_timeout",
        ),
        Fact(
            "After a timeout the process starts again, and /tmp stays.",
            f"{DG}lambda-runtime-environment.html",
            "handlers/test_environments.py::test_after_a_timeout_the_process_starts_again_and_tmp_stays",
        ),
    ),
}
