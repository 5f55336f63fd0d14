"""Facts about queues."""

from __future__ import annotations

from tests.support.simulator.delivery.fact import (
    DG,
    EDGES_TESTS,
    FIFO_TESTS,
    RECORDED,
    RECORDINGS_TEST,
    SQS_TESTS,
    SQSDG,
    Fact,
    Facts,
)

QUEUES: Facts = {
    "Queues": (
        Fact(
            "A message is moved to the dead-letter queue when its receive count would exceed maxReceiveCount.",
            f"{SQSDG}sqs-dead-letter-queues.html",
            f"{SQS_TESTS}a_message_is_received_up_to_the_maximum_and_then_moved",
        ),
        Fact(
            "maxReceiveCount is from 1 to 1,000.",
            f"{SQSDG}sqs-configure-dead-letter-queue.html",
            "test_targets_that_are_refused.py::test_what_aws_refuses_is_no_simulation",
        ),
        Fact(
            "After a function error a message is visible again at the end of its visibility timeout, counted from the "
            "receipt.",
            RECORDED,
            f"{SQS_TESTS}visibility_counts_from_the_receipt_not_from_the_failure",
            "recorded",
        ),
        Fact(
            "After a success Lambda deletes the whole batch.",
            f"{DG}with-sqs.html",
            f"{SQS_TESTS}a_success_deletes_the_whole_batch_and_nothing_is_left_to_happen",
        ),
        Fact(
            "Of a partial response, null, empty objects and empty lists mean success; an identifier that is empty, "
            "missing or unknown, and a response that is no JSON, fail the whole batch.",
            f"{DG}services-sqs-errorhandling.html",
            f"{SQS_TESTS}the_response_says_what_comes_back",
        ),
        Fact(
            "Without ReportBatchItemFailures the response is not read.",
            f"{DG}services-sqs-errorhandling.html",
            f"{SQS_TESTS}without_partial_responses_what_a_response_reports_is_lost",
        ),
        Fact(
            "A throttled batch is tried again until its visibility timeout is over, and has then spent a receive.",
            f"{DG}with-sqs.html",
            f"{SQS_TESTS}a_throttled_batch_is_tried_again_until_its_visibility_is_over_and_has_spent_a_receive",
        ),
        Fact(
            "MaximumConcurrency keeps messages in the queue and spends no receives.",
            f"{DG}services-sqs-scaling.html",
            f"{SQS_TESTS}maximum_concurrency_keeps_batches_in_the_queue_and_spends_no_receives",
        ),
        Fact(
            "Lambda starts with five concurrent batches.",
            f"{DG}services-sqs-scaling.html",
            f"{SQS_TESTS}the_queue_is_read_by_five_at_a_time_at_first",
        ),
        Fact(
            "A batch is full at BatchSize, at the end of the batching window, or at 6 MB.",
            f"{DG}with-sqs.html",
            f"{SQS_TESTS}a_batching_window_gathers_until_it_is_full_or_over",
        ),
        Fact(
            "A message that matches no filter is deleted.",
            f"{DG}invocation-eventfiltering.html",
            f"{SQS_TESTS}a_filter_deletes_what_does_not_match",
        ),
        Fact(
            "In a standard dead-letter queue the retention counts from the first queue, in a FIFO one from the move.",
            f"{SQSDG}sqs-dead-letter-queues.html",
            f"{SQS_TESTS}a_standard_dead_letter_queue_keeps_the_age_a_fifo_one_begins_anew",
        ),
        Fact(
            "A visibility timeout below the function's timeout is refused.",
            f"{DG}services-sqs-configure.html",
            f"{SQS_TESTS}lambda_refuses_a_visibility_timeout_below_the_functions",
        ),
        Fact(
            "A message can be hidden for 12 hours after its receipt, however often that is extended.",
            f"{SQSDG}sqs-visibility-timeout.html",
            f"{FIFO_TESTS}no_receipt_begins_the_12_hours_anew",
        ),
        Fact(
            "A message has at most 1 MiB, its attributes included.",
            f"{SQSDG}quotas-messages.html",
            f"{FIFO_TESTS}a_message_of_more_than_a_mebibyte_is_refused",
        ),
        Fact(
            "A move task brings messages back to their queue as new messages, 500 a second at most.",
            f"{SQSDG}sqs-configure-dead-letter-queue-redrive.html",
            f"{EDGES_TESTS}a_move_task_is_refused_for_a_queue_that_is_no_dead_letter_queue_and_moves_at_its_pace",
        ),
        Fact(
            "A move task without a destination fails for a message that was put there by SendMessage.",
            f"{SQSDG}sqs-configure-dead-letter-queue-redrive.html",
            f"{EDGES_TESTS}a_move_task_does_not_know_where_a_message_came_from_that_was_sent_there",
        ),
        Fact("A message in an event has the recorded fields.", RECORDED, RECORDINGS_TEST, "recorded"),
    ),
    "FIFO queues": (
        Fact(
            "A FIFO dead-letter queue gets a message with the message's id as its deduplication id.",
            f"{SQSDG}sqs-configure-dead-letter-queue-redrive.html",
            f"{EDGES_TESTS}a_move_task_brings_messages_back_to_their_queue_as_new_messages",
        ),
        Fact(
            "A group is blocked while one of its messages is in flight; other groups go on.",
            f"{SQSDG}FIFO-queues-understanding-logic.html",
            f"{FIFO_TESTS}a_group_waits_for_its_failed_message_and_others_go_on",
        ),
        Fact(
            "A deduplication id is remembered for 5 minutes.",
            f"{SQSDG}using-messagededuplicationid-property.html",
            f"{FIFO_TESTS}a_message_with_a_known_deduplication_id_is_taken_for_the_same_for_five_minutes",
        ),
        Fact(
            "Content-based deduplication goes by the body, not by the attributes.",
            f"{SQSDG}using-messagededuplicationid-property.html",
            f"{FIFO_TESTS}content_based_deduplication_goes_by_the_body",
        ),
    ),
}
