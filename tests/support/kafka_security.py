"""TLS and logins of the tests' Kafka broker: an authority of its own, certificates by openssl, and one user."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "churn", "not so secret"
SCRAM = f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"
"""What StorageTool is told of the user."""
_SETTINGS = """
ssl.keystore.type=PEM
ssl.keystore.location={folder}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.crt
listener.name.certificate.ssl.client.auth=required
listener.name.login.sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.login.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.login.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
"""
_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@dataclass(frozen=True)
class KafkaSecurity:
    """Files in one folder, made by `make`."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "KafkaSecurity":
        """A fresh authority with a certificate for the broker and one for a client."""
        folder.mkdir()
        _openssl(folder, "req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=authority")
        for name in ("broker", "tls"):
            _openssl(folder, "req", *_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
            (folder / "names").write_text("subjectAltName=IP:127.0.0.1", encoding="utf-8")
            signed = ["-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"]
            _openssl(folder, "x509", "-req", *signed, "-extfile", "names", "-out", f"{name}.crt")
        both = [(folder / name).read_text(encoding="utf-8") for name in ("broker.key", "broker.crt")]
        (folder / "broker.pem").write_text("".join(both), encoding="utf-8")
        return cls(folder)

    @property
    def settings(self) -> str:
        """Lines of server.properties, of the listeners LOGIN and CERTIFICATE."""
        return _SETTINGS.format(folder=self.folder, user=USER, password=PASSWORD)

    def secret(self, folder: Path, files: Mapping[str, str | None]) -> Path:
        """A folder as a Secret is mounted: these files, those without a content as `make` has made them."""
        folder.mkdir()
        for name, content in files.items():
            if content is None:
                shutil.copy(self.folder / name, folder / name)
            else:
                (folder / name).write_text(content, encoding="utf-8")
        return folder


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
