"""A cable between a browser and a server, which can be cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Cable:
    """Passes on what arrives at a port of its own.

    Args:
        url: of the server.

    Attributes:
        url: for the browser.
    """

    def __init__(self, url: str) -> None:
        self._server = urlsplit(url).port
        self._whole = threading.Event()  # nothing gets through while it is not
        self._whole.set()
        self._refuses = False
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End all connections, and refuse others: as when the Wi-Fi is switched off."""
        self._refuses = True
        with self._lock:
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def stall(self) -> None:
        """Let nothing through, and say nothing of it: as in a tunnel."""
        self._whole.clear()

    def mend(self) -> None:
        """Let everything through again, what has been held up as well."""
        self._refuses = False
        self._whole.set()

    def close(self) -> None:
        """End everything."""
        self.cut()
        self._whole.set()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            if self._refuses:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._server))
            except OSError:
                near.close()
                continue
            with self._lock:
                self._open |= {near, far}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._whole.wait()
                target.sendall(data)
        self._whole.wait()
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            with self._lock:
                if end in self._open:
                    self._open.remove(end)
                    end.close()


@contextmanager
def cable(url: str) -> Iterator[Cable]:
    """A cable to a server until the block ends."""
    laid = Cable(url)
    try:
        yield laid
    finally:
        laid.close()
