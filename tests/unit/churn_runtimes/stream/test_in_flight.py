"""What may be committed: everything before the first batch with an answer under way, and never more."""

from churn_runtimes.stream.in_flight import InFlight


def test_a_batch_is_done_when_all_its_answers_are_delivered() -> None:
    in_flight = InFlight()
    sent = in_flight.send({0: 10, 1: 5}, 2, 1.0)
    sent.delivered(None, None)
    assert in_flight.take_done() == []
    sent.delivered(None, None)
    assert in_flight.take_done() == [sent]
    assert not in_flight


def test_a_later_batch_waits_for_an_earlier_one() -> None:
    in_flight = InFlight()
    first, second = in_flight.send({0: 10}, 1, 1.0), in_flight.send({0: 20}, 1, 2.0)
    second.delivered(None, None)
    assert in_flight.take_done() == []
    first.delivered(None, None)
    assert [sent.ends for sent in in_flight.take_done()] == [{0: 10}, {0: 20}]


def test_an_answer_that_cannot_be_delivered_is_never_done() -> None:
    in_flight = InFlight()
    sent = in_flight.send({0: 10}, 1, 1.0)
    assert in_flight.failure() is None
    sent.delivered("too large", None)
    assert in_flight.failure() == "too large"
    assert in_flight.take_done() == []


def test_partitions_of_another_worker_are_not_committed() -> None:
    in_flight = InFlight()
    sent = in_flight.send({0: 10, 1: 5}, 1, 1.0)
    in_flight.forget([1])
    sent.delivered(None, None)
    assert [sent.ends for sent in in_flight.take_done()] == [{0: 10}]
