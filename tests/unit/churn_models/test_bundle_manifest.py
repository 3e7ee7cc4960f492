"""Which paths a manifest may list, and which manifests contradict themselves."""

import json
from typing import Any

import pytest
from churn_models.bundle import Bundle
from churn_models.bundle_manifest import BundleManifest, check_path
from churn_models.errors import BundleError, FormatForbidden, FormatOutdated, ManifestInvalid, PathUnsafe


@pytest.mark.parametrize(
    ("path", "error"),
    [
        pytest.param("../schema.json", PathUnsafe, id="parent folder"),
        pytest.param("members/../../x/model.ubj", PathUnsafe, id="parent folder inside"),
        pytest.param("/etc/passwd", PathUnsafe, id="absolute"),
        pytest.param("members\\a\\model.ubj", PathUnsafe, id="backslash"),
        pytest.param("members/a/model.ubj\0", PathUnsafe, id="null byte"),
        pytest.param("", PathUnsafe, id="empty"),
        pytest.param("members/a/model.pkl", FormatForbidden, id="pickle"),
        pytest.param("members/a/model.joblib", FormatForbidden, id="joblib"),
        pytest.param("members/a/code.py", FormatForbidden, id="code"),
        pytest.param("model.ubj", FormatForbidden, id="a member outside members"),
        pytest.param("members/a/b/model.ubj", FormatForbidden, id="a member too deep"),
        pytest.param("model-settings.json", FormatForbidden, id="MLServer's own settings"),
    ],
)
def test_paths_outside_the_list_are_refused(path: str, error: type[BundleError]) -> None:
    with pytest.raises(error):
        check_path(path)


@pytest.mark.parametrize("path", ["schema.json", "holdout.npz", "comparison.json", "members/random-forest/model.skops"])
def test_bundle_files_are_allowed(path: str) -> None:
    check_path(path)


def _rename_member(content: dict[str, Any]) -> None:
    content["members"][0]["name"] = "other"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda m: m["files"].pop(), "disagree", id="a file is not listed"),
        pytest.param(lambda m: m["files"].append(m["files"][0]), "twice", id="a file is listed twice"),
        pytest.param(lambda m: m["members"].pop(), "disagree", id="a member is gone"),
        pytest.param(_rename_member, "cannot be kept", id="a member under another's path"),
        pytest.param(lambda m: m.update(format_version=3), "format_version", id="a later format"),
        pytest.param(lambda m: m.update(extra=1), "extra", id="an unknown key"),
        pytest.param(lambda m: m["files"][0].update(sha256="sha256:0"), "sha256", id="a digest that is none"),
        pytest.param(lambda m: m.update(combine="median"), "combine", id="an unknown rule"),
    ],
)
def test_contradictory_manifests_are_refused(bundle: Bundle, change: Any, message: str) -> None:
    content = bundle.manifest.model_dump(mode="json")
    change(content)
    changed = json.dumps(content).encode()
    with pytest.raises(ManifestInvalid, match=message):
        BundleManifest.from_bytes(changed)


def test_a_bundle_of_an_older_format_is_told_to_be_trained_again(bundle: Bundle) -> None:
    content = bundle.manifest.model_dump(mode="json") | {"format_version": 1}
    del content["threshold"]
    with pytest.raises(FormatOutdated, match=r"has format 1, .* reads format 2: train the model again"):
        BundleManifest.from_bytes(json.dumps(content).encode())


def test_a_comparison_may_be_listed(bundle: Bundle) -> None:
    content = bundle.manifest.model_dump(mode="json")
    content["files"].append(content["files"][0] | {"path": "comparison.json"})
    assert BundleManifest.from_bytes(json.dumps(content).encode()).files[-1].path == "comparison.json"


def test_the_same_manifest_has_the_same_bytes(bundle: Bundle) -> None:
    assert BundleManifest.from_bytes(bundle.manifest.to_bytes()).to_bytes() == bundle.manifest.to_bytes()


def test_a_huge_manifest_is_not_parsed() -> None:
    with pytest.raises(ManifestInvalid, match="larger"):
        BundleManifest.from_bytes(b" " * (1 << 21))
