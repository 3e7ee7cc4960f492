"""README's "Your own data" with a made-up table, as its commands and with a real server: nothing edited in between."""

from pathlib import Path

from support.local_stack import LocalStack
from support.made_up_table import made_up_table
from support.own_data import walk


def test_from_a_file_to_an_answered_request(tmp_path: Path) -> None:
    dataset = tmp_path / "my_shop.csv"
    made_up_table().to_csv(dataset, index=False)
    with LocalStack(tmp_path / "stack") as stack:
        stack.start_mlflow()
        stack.wait_for_mlflow()
        walked = walk(stack, dataset)
    assert 0 < walked.probability < 1
    assert "retention_score: it gives the target away" in walked.said_by_init
