"""The users of the tests of rollouts: what they take for a wrong answer, and what their log is asked."""

import json
from pathlib import Path

import pytest
from support.asking_users import Questions, judge
from support.user_log import Answer, Look, UserLog, read_user_log

QUESTIONS = Questions([{}], {"1": [[0.25, 0.5]], "2": [[0.75, None]]})


@pytest.mark.parametrize(
    ("version", "scores", "trouble"),
    [
        ("1", [0.25, 0.5], ""),
        ("1", [0.25, 0.5000001], ""),
        ("1", [0.25, 0.51], "wrong"),
        ("1", [0.25], "wrong"),
        ("1", [0.25, float("nan")], "wrong"),
        ("1", [0.25, None], "wrong"),
        ("2", [0.75, 0.5], "wrong"),
        ("3", [0.25, 0.5], "wrong"),
    ],
)
def test_an_answer_is_wrong_that_is_not_its_versions(version: str, scores: list[float], trouble: str) -> None:
    text = json.dumps({"model_version": version, "outputs": [{"data": scores}]})
    found = judge(QUESTIONS, 0, text)
    assert (found[0], found[1].partition(":")[0]) == (version, trouble)


def test_what_is_no_answer_is_a_failure() -> None:
    assert judge(QUESTIONS, 0, "<html>") == ("", "no answer of V2: <html>")


def _answer(moment: float, version: str, trouble: str = "") -> Answer:
    return Answer(moment, moment + 0.01, version, trouble)


def test_a_share_is_of_one_time_alone() -> None:
    answers = [_answer(0, "1"), _answer(1, "1"), _answer(2, "2"), _answer(3, "1"), _answer(4, "1"), _answer(9, "2")]
    assert UserLog(answers, []).share("2", 1, 5) == 25


def test_the_last_request_of_a_version_is_told_by_its_beginning() -> None:
    log = UserLog([_answer(0, "1"), _answer(1, "2"), Answer(2, 9, "2", ""), _answer(3, "1"), _answer(8, "2")], [])
    assert [log.last_of("2", 0, 5), log.last_of("2", 0, 9), log.last_of("3", 0, 9)] == [2, 8, None]


def test_failures_and_wrong_answers_are_told_apart() -> None:
    answers = [_answer(0, "", "503 busy"), _answer(1, "2", "wrong: 0 is not 1"), _answer(2, "1")]
    log = UserLog(answers, [])
    assert (log.failures, log.wrong(), log.wrong(since=1.5)) == (answers[:1], answers[1:2], [])


def test_a_weight_is_in_force_once_every_pod_has_it() -> None:
    def look(moment: float, address: str, weight: int) -> Look:
        return Look(moment, address, "1", {"weight": weight} if weight else {}, {})

    log = UserLog([], [look(0, "a", 0), look(1, "b", 0), look(2, "a", 25), look(3, "b", 5), look(4, "b", 25)])
    assert log.in_force_at(25, "1", 0, 9) == 4
    assert log.in_force_at(25, "1", 0, 4) is None
    assert log.in_force_at(0, "1", 0, 2) == 1


def test_a_log_is_read_while_it_is_written(tmp_path: Path) -> None:
    lines = [["answer", "telco", 1, 2, "1", ""], ["answer", "other", 1, 2, "1", ""]]
    lines += [["state", "telco", 3, "10.0.0.1", "1", {"weight": 5}, {"2": {"requests": 1, "scored": 1}}]]
    (tmp_path / "log").write_text("\n".join(map(json.dumps, lines)) + '\n["answer", "tel')
    log = read_user_log(tmp_path / "log", "telco")
    assert [len(log.answers), len(log.looks)] == [1, 1]
