# SPDX-License-Identifier: Apache-2.0
"""A way to the API server that passes everything on, until a test gives it a fault: another answer,
silence, a closed connection, an answer cut in the middle of a line. TLS ends here, so faults are made
of requests, not of bytes that nobody can read."""

import contextlib
import http.client
import http.server
import json
import re
import socket
import ssl
import threading
import time
from collections import namedtuple

from bed import free_ports

Seen = namedtuple("Seen", "method path status at")
ASIDE = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Answer:
    """Said in the server's place."""

    def __init__(self, status, reason="", headers=None, text=None):
        self.status, self.headers = status, headers or {}
        self.text = text if text is not None else json.dumps({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": f"the door says {status}", "reason": reason, "code": status})


class Close:
    """The connection is closed without a word."""


class Silence:
    """Nothing comes until the door lifts the fault, then the connection is closed."""


class Cut:
    """The server's answer, cut after so many bytes of its body."""

    def __init__(self, after):
        self.after = after


class Door:
    """`fault` is asked for each request, (method, path) → one of the above, or None to pass it on."""

    def __init__(self, plane, certificates):
        self.upstream, self.authority = plane, certificates.path("ca.pem")
        self.fault = lambda method, path: None
        self.seen = []
        self._streams, self._lock = set(), threading.Lock()
        self.port = free_ports(1)[0]
        door = self

        class Handler(_Handler):
            owner = door
        self._server = _Server(("127.0.0.1", self.port), Handler)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificates.path("server.pem"), certificates.path("server.key"))
        self._server.tls = tls
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def address(self):
        return f"https://127.0.0.1:{self.port}"

    def identity(self, **how):
        """An identity whose requests come through here."""
        return self.upstream.identity(server=self.address, authority=self.authority, **how)

    def well(self):
        self.fault = lambda method, path: None

    def on(self, pattern, fault, times=None, methods="GET PATCH POST PUT DELETE"):
        """Requests whose path matches get the fault, the first `times` of them, or all."""
        left = [times]

        def decide(method, path):
            if method not in methods.split() or not re.search(pattern, path):
                return None
            with self._lock:
                if left[0] is None:
                    return fault
                left[0] -= 1
                return fault if left[0] >= 0 else None
        self.fault = decide

    def count(self, pattern, method="GET", status=None):
        return sum(1 for s in list(self.seen) if s.method == method and re.search(pattern, s.path)
                   and status in (None, s.status))

    def close_streams(self):
        """Ends every connection that is open now, whatever passes over it."""
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            _shut(stream)

    def cut_watches(self, after=0):
        """Watches which are open now end when so many more bytes have passed."""
        with self._lock:
            for stream in self._streams:
                stream.cut_after = after

    def close(self):
        self.well()
        self.close_streams()
        self._server.shutdown()
        self._server.server_close()


class _Stream:
    """A connection of a client and the fault of its running answer."""

    def __init__(self, connection):
        self.connection, self.cut_after, self.upstream = connection, None, None


def _shut(stream):
    for connection in (stream.connection, stream.upstream and stream.upstream.sock):
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads, allow_reuse_address, request_queue_size = True, True, 128

    def get_request(self):
        connection, address = super().get_request()
        return self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request, client_address):
        pass  # clients go when they like


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.stream = _Stream(self.connection)
        with self.owner._lock:
            self.owner._streams.add(self.stream)

    def finish(self):
        with self.owner._lock:
            self.owner._streams.discard(self.stream)
        if self.stream.upstream is not None:
            self.stream.upstream.close()
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, *_arguments):
        pass

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.owner.fault(self.command, self.path)
        if isinstance(fault, Silence):
            while isinstance(self.owner.fault(self.command, self.path), Silence):
                time.sleep(0.02)
            fault = Close()
        if isinstance(fault, Close):
            self._note(0)
            self._end()
        elif isinstance(fault, Answer):
            self._note(fault.status)
            self._say(fault)
        else:
            self._pass_on(body, fault)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def _note(self, status):
        self.owner.seen.append(Seen(self.command, self.path, status, time.monotonic()))

    def _end(self):
        self.close_connection = True
        _shut(self.stream)

    def _say(self, answer):
        data = answer.text.encode()
        self.send_response(answer.status)
        for key, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _pass_on(self, body, cut):
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ASIDE | {"host"}}
        upstream = self.stream.upstream = self.stream.upstream or self.owner.upstream.api.connect(3600)
        try:
            upstream.request(self.command, self.path, body or None, headers)
            answer = upstream.getresponse()
        except (OSError, http.client.HTTPException):
            upstream.close()
            self._note(0)
            return self._end()
        self._note(answer.status)
        self.send_response_only(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in ASIDE:
                self.send_header(key, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.stream.cut_after = cut.after if isinstance(cut, Cut) else None
        self._copy(answer)

    def _copy(self, answer):
        """Chunk by chunk, so that a watch's lines pass when they come."""
        while data := answer.read1(65536):
            left = self.stream.cut_after
            if left is not None:
                data = data[:left]
                self.stream.cut_after = left - len(data)
            if data:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            if self.stream.cut_after is not None and self.stream.cut_after <= 0:
                return self._end()
        self.stream.cut_after = None
        answer.close()  # or the next request finds this one unfinished
        self.wfile.write(b"0\r\n\r\n")
