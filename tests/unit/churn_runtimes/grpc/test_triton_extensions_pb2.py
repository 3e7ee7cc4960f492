"""What protoc has made of the .proto file is what it makes now."""

import subprocess
import sys
from pathlib import Path

SOURCES = Path("runtimes/src")
PROTO = "churn_runtimes/grpc/triton_extensions.proto"


def test_the_generated_code_is_up_to_date(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I.", f"--python_out={tmp_path}", PROTO]
    subprocess.run(command, cwd=SOURCES, check=True)
    made = PROTO.replace(".proto", "_pb2.py")
    assert (tmp_path / made).read_text() == (SOURCES / made).read_text(), "run `make proto`"
