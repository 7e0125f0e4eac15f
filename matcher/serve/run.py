"""Run the page until Ctrl-C: the socket first, so that a taken port is one line before anything is screened."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from matcher.errors import InputError

BACKLOG = 128
# Reviewers, not crowds; each browser opens up to six connections.
MAX_CONNECTIONS = 256


def open_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one.

    Raises:
        InputError: The address cannot be used or the port is taken.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InputError(
            f"{host} is no address of this machine", where="--host", expected="127.0.0.1 or a name", do="name another"
        ) from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"port {port} is in use", where="--port", do="choose another, or 0 for any") from error
        if error.errno == errno.EACCES:
            raise InputError(
                f"port {port} needs an administrator", where="--port", do="choose one above 1023"
            ) from error
        raise InputError(f"{host} is no address of this machine", where="--host", do="name another") from error
    return listening


class _Server(uvicorn.Server):
    """Ends on a stop signal by itself; uvicorn would raise the signal again, and the command would end as a fault."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM; put the handlers back at the end. Another thread gets no signals."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(_number: int, _frame: FrameType | None) -> None:
            # A second signal does not wait for open connections.
            self.force_exit = self.should_exit
            self.should_exit = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def serve(app: ASGIApp, listening: socket.socket, *, started: Callable[[], None]) -> None:
    """Answer requests until a stop signal.

    Args:
        app: The application.
        listening: Where requests come in; closed at the end.
        started: Called once, when requests are answered.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        lifespan="off",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=3,
        proxy_headers=False,
    )
    server = _Server(config)
    with listening:
        started()
        server.run(sockets=[listening])
