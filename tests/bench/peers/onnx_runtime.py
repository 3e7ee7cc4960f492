"""Peer: the ensemble in stock MLServer on ONNX Runtime, one session per member, converted when it loads."""

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import onnxmltools
import onnxruntime
import xgboost
from bench.peers.mlserver_runtime import MatrixRuntime, Score
from churn_models.bundle import open_bundle
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.member_kind import MemberKind
from churn_models.scoring.trusted_types import load_skops
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType as SklearnFloatTensorType


class OnnxEnsemble(MatrixRuntime):
    """Three sessions of one thread each, and their mean."""

    def read(self, uri: Path) -> Score:
        """Convert each member and open a session for it."""
        bundle = open_bundle(uri)
        width = len(bundle.schema().features)
        sessions = [_session(_convert(one.kind, uri / one.path, width)) for one in bundle.manifest.members]
        return lambda matrix: _mean(sessions, matrix)


def _mean(sessions: list[onnxruntime.InferenceSession], matrix: Matrix) -> Scores:
    answers = [session.run(["probabilities"], {"rows": matrix})[0][:, 1] for session in sessions]
    return np.asarray(np.mean(answers, axis=0), dtype=np.float64)


def _convert(kind: MemberKind, path: Path, width: int) -> Any:
    rows = [("rows", FloatTensorType([None, width]))]
    match kind:
        case MemberKind.RANDOM_FOREST:
            forest = load_skops(path)
            rows = [("rows", SklearnFloatTensorType([None, width]))]
            return to_onnx(forest, initial_types=rows, options={id(forest): {"zipmap": False}})
        case MemberKind.XGBOOST:
            booster = xgboost.Booster(model_file=path)
            return onnxmltools.convert_xgboost(booster, initial_types=rows)
        case MemberKind.LIGHTGBM:
            return onnxmltools.convert_lightgbm(lightgbm.Booster(model_file=path), initial_types=rows, zipmap=False)
        case _:
            raise ValueError(f"the bench has no {kind} member")


def _session(model: Any) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
