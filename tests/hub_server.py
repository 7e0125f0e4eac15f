"""A hub on this machine: the API that huggingface_hub asks, and files with ranges; it can drop connections."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

REVISION = sha1(b"tiny", usedforsecurity=False).hexdigest()


@dataclass
class Hub:
    """What the hub offers, and what it was asked: ``drops`` cuts answers for a file after so many bytes, once each."""

    repository: str
    files: dict[str, bytes]
    url: str = ""
    gated: bool = False
    drops: dict[str, list[int]] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def listing(self) -> dict[str, Any]:
        """Return the repository as the API describes it; weights have the SHA-256 of large files."""
        siblings = []
        for name, data in self.files.items():
            entry: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": sha1(data).hexdigest()}
            if name.endswith((".safetensors", ".bin", ".onnx")):
                digest = self.hashes.get(name, sha256(data).hexdigest())
                entry["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 130}
            siblings.append(entry)
        return {"id": self.repository, "modelId": self.repository, "sha": REVISION, "siblings": siblings, "tags": []}


def files_of(folder: Path) -> dict[str, bytes]:
    """Return a model's folder as a hub holds it."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve a hub on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002 (the base class's name)
            return

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _send(
            self, status: int, data: bytes, headers: dict[str, str], *, body: bool, cut: int | None = None
        ) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(data if cut is None else data[:cut])
            if cut is not None:
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(2)

        def _fault(self, status: int, code: str) -> None:
            self._send(status, b"{}", {"X-Error-Code": code, "X-Error-Message": code}, body=True)

        def _answer(self, *, body: bool) -> None:
            # As a proxy this server is asked with the whole address.
            path = unquote(urlsplit(self.path).path)
            parse_qs(urlsplit(self.path).query)
            hub.asked.append((path, self.headers.get("Range", "")))
            if path.startswith(f"/api/models/{hub.repository}"):
                if hub.gated and "Authorization" not in self.headers:
                    return self._fault(403, "GatedRepo")
                data = json.dumps(hub.listing()).encode()
                return self._send(200, data, {"Content-Type": "application/json"}, body=body)
            name = path.removeprefix(f"/{hub.repository}/resolve/{REVISION}/")
            if name not in hub.files:
                return self._fault(404, "RepoNotFound")
            data = hub.files[name]
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-")) if "Range" in self.headers else 0
            headers = {"ETag": f'"{sha256(data).hexdigest()}"', "X-Repo-Commit": REVISION}
            if start:
                headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            waiting = hub.drops.get(name, [])
            cut = waiting.pop(0) if body and waiting else None
            return self._send(206 if start else 200, data[start:], headers, body=body, cut=cut)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
