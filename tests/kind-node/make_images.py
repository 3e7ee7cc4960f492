"""Makes one archive of the cluster's images, each a single layer: a program, for some with Debian programs beside it.

Nothing here needs an engine or a registry: an image is a gzipped tar and three small JSON documents (OCI image
layout), and containerd imports many of them from one archive.
"""

import argparse
import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

OCI = "application/vnd.oci.image"
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
XTABLES = "usr/sbin/xtables-nft-multi"
XTABLES_NAMES = [f"ip{version}tables{verb}" for version in ("", "6") for verb in ("", "-save", "-restore")]


@dataclass(frozen=True)
class Image:
    """One image: what it is called, the program it is for, and whether Debian's programs come along."""

    name: str
    program: Path
    entrypoint: bool = True
    debian: bool = False


@dataclass
class Layout:
    """The blobs of an OCI image layout, and the images that its index names."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    images: list[dict[str, object]] = field(default_factory=list)

    def put(self, content: bytes, kind: str) -> dict[str, object]:
        """Keep a blob; its descriptor is what other documents refer to it by."""
        digest = sha256(content)
        self.blobs[digest] = content
        return {"mediaType": f"{OCI}.{kind}", "digest": digest, "size": len(content)}

    def add(self, image: Image, layer: bytes) -> None:
        """Add an image of one layer."""
        settings: dict[str, object] = {"Env": [f"PATH={SEARCH_PATH}"]}
        if image.entrypoint:
            settings["Entrypoint"] = [f"/{location(image)}"]
        config: dict[str, object] = {
            "architecture": "amd64",
            "os": "linux",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [sha256(layer)]},
        }
        manifest: dict[str, object] = {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": self.put(encode(config), "config.v1+json"),
            "layers": [self.put(gzip.compress(layer, compresslevel=4, mtime=0), "layer.v1.tar+gzip")],
        }
        self.images.append(
            self.put(encode(manifest), "manifest.v1+json")
            | {"annotations": {"io.containerd.image.name": image.name}}
            | {"platform": {"architecture": "amd64", "os": "linux"}}
        )

    def write(self, path: Path) -> None:
        """Write the archive."""
        index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": self.images}
        with tarfile.open(path, "w") as archive:
            add_file(archive, "oci-layout", encode({"imageLayoutVersion": "1.0.0"}))
            add_file(archive, "index.json", encode(index))
            for digest, content in self.blobs.items():
                add_file(archive, f"blobs/sha256/{digest.removeprefix('sha256:')}", content)


def sha256(content: bytes) -> str:
    """Return the digest as image documents write it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def encode(document: dict[str, object]) -> bytes:
    """Return the document as JSON, the same for the same document."""
    return json.dumps(document, sort_keys=True).encode()


def add_file(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file that is the same at whatever time it is made."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o755
    archive.addfile(member, io.BytesIO(content))


def location(image: Image) -> str:
    """Return where the program is: where its upstream image has it, since kubeadm's manifests call some by path."""
    return image.program.name if image.entrypoint else f"usr/local/bin/{image.program.name}"


def build_layer(image: Image, debian: list[tuple[str, bytes]]) -> bytes:
    """Return the image's only layer as an uncompressed tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        # A root that is read-only must have the folders that are mounted over.
        for folder in ("tmp", "etc", "var"):
            member = tarfile.TarInfo(folder)
            member.type, member.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            archive.addfile(member)
        add_file(archive, location(image), image.program.read_bytes())
        if image.debian:
            for name, content in debian:
                add_file(archive, name, content)
            for name in XTABLES_NAMES:
                member = tarfile.TarInfo(f"usr/sbin/{name}")
                member.type, member.linkname = tarfile.SYMTYPE, Path(XTABLES).name
                archive.addfile(member)
    return buffer.getvalue()


def read_archive(path: Path) -> list[tuple[str, bytes]]:
    """Return the files of a tar."""
    with tarfile.open(path) as archive:
        members = [(member.name, archive.extractfile(member)) for member in archive if member.isfile()]
        return [(name, content.read()) for name, content in members if content]


def kubeadm_images(programs: Path, release: str) -> list[Image]:
    """Return the images that kubeadm asks for, by the names it asks for."""
    command = [str(programs / "kubeadm"), "config", "images", "list", "--kubernetes-version", release]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return [kubeadm_image(name, programs) for name in names]


def kubeadm_image(name: str, programs: Path) -> Image:
    """Return one of kubeadm's images; its static pods name a command, its other pods rely on the entrypoint."""
    program = name.rpartition("/")[2].partition(":")[0]
    return Image(name, programs / program, entrypoint=program in {"pause", "coredns"}, debian=program == "kube-proxy")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=Path, required=True, help="folder of what build-tools.sh built")
    parser.add_argument("--debian", type=Path, required=True, help="tar of what collect-programs collected")
    parser.add_argument("--release", required=True, help="Kubernetes' version, such as v1.34.4")
    parser.add_argument("--metrics-server", required=True, help="name of that image")
    parser.add_argument("out", type=Path)
    return parser.parse_args()


def main() -> None:
    """Write the archive that the command line asks for."""
    arguments = parse_arguments()
    programs: Path = arguments.programs
    images = [
        *kubeadm_images(programs, arguments.release),
        Image(arguments.metrics_server, programs / "metrics-server"),
        Image("localhost/local-path-provisioner:node", programs / "local-path-provisioner", False, debian=True),
    ]
    debian = read_archive(arguments.debian)
    layout = Layout()
    for image in images:
        layout.add(image, build_layer(image, debian))
    layout.write(arguments.out)


if __name__ == "__main__":
    main()
