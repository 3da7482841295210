# SPDX-License-Identifier: Apache-2.0
"""Certificates for one run, made with the openssl program: a CA, a server and a client signed
by it, and a second CA that signed nothing. PEM texts, as a Secret would hold them."""

import subprocess
from pathlib import Path

from bed import need_tool

KEY_PASSWORD = "client-key-pw"


class Certificates:
    def __init__(self, folder):
        need_tool("openssl", "openssl")
        self.folder = Path(folder)
        self._authority("ca")
        self._authority("other-ca")
        self._leaf("server", "/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        self._leaf("client", "/CN=client", "extendedKeyUsage=clientAuth")
        self._openssl("pkcs8", "-topk8", "-in", "client.key", "-out", "client.enc.key",
                      "-passout", f"pass:{KEY_PASSWORD}")
        # Kafka wants certificate, chain and PKCS#8 key in one file.
        keystore = self.text("server.pem") + self.text("ca.pem") + self.text("server.key")
        self.keystore = self.folder / "keystore.pem"
        self.keystore.write_text(keystore)
        self.truststore = self.folder / "ca.pem"

    def text(self, name):
        return (self.folder / name).read_text()

    def path(self, name):
        return str(self.folder / name)

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _authority(self, name):
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                      "-subj", f"/CN=test-{name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
                      "-addext", "basicConstraints=critical,CA:TRUE")

    def _leaf(self, name, subject, extension):
        (self.folder / f"{name}.ext").write_text(extension + "\n")
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject,
                      "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                      "-CAcreateserial", "-days", "30", "-extfile", f"{name}.ext",
                      "-out", f"{name}.pem")
