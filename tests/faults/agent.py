"""A visitor who reads the page as Streamlit's agent API describes it: the real app, no browser."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Container, Iterator, Mapping
from typing import Any

Element = Mapping[str, Any]


class Agent:
    """One session.

    Args:
        url: of a server that was started with ``--server.enableAgentApi=true``.
        query: parameters of the link.
        page: its path; empty for the first page.

    Attributes:
        snapshot: the page after the last interaction.
    """

    snapshot: Mapping[str, Any]

    def __init__(self, url: str, query: Mapping[str, str] | None = None, page: str = "") -> None:
        self._url = url
        self._session: str | None = None
        opening: dict[str, Any] = {"query_params": {k: [v] for k, v in (query or {}).items()}}
        if page:
            opening["page"] = page
        self.interact(**opening)

    def interact(self, **change: Any) -> None:
        """Send a change, and wait until the page has answered it.

        Args:
            change: ``widget_state``, ``trigger``, ``page`` or ``query_params``; nothing to run the
                page again.

        Raises:
            AssertionError: when the request is refused.
        """
        answer = self._send(change)
        while "error" in answer:  # the page takes longer than the server waits
            answer = self._send({"session_id": answer["session_id"]})
        self.snapshot, self._session = answer, answer["session_id"]

    def _send(self, change: dict[str, Any]) -> dict[str, Any]:
        if self._session is not None:
            change["session_id"] = self._session
        request = urllib.request.Request(
            f"{self._url}/_stcore/agent/interact",
            data=json.dumps(change).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                found: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{change} was refused: {refused.read().decode()}") from None
        return found

    def press(self, key: str, value: Any = None) -> None:
        """Click a button, or choose from a menu."""
        chosen = {} if value is None else {"value": value}
        self.interact(trigger={"key": key, **chosen})

    def choose(self, key: str, value: Any) -> None:
        """Give a widget a value."""
        self.interact(widget_state={key: value})

    def elements(self) -> Iterator[Element]:
        """Everything on the page, top to bottom."""
        waiting = [self.snapshot["tree"]]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.get("children") or []))

    def of_type(self, kind: str) -> list[Element]:
        """All elements of a type."""
        return [element for element in self.elements() if element.get("type") == kind]

    def button(self, key: str) -> str | None:
        """The key of the button that begins like this, if there is one that can be pressed."""
        for action in self.snapshot["actions"]:
            if action["kind"] == "trigger" and action["key"].startswith(key):
                return str(action["key"])
        return None

    def readout(self, labels: Container[str]) -> str | None:
        """A number of the player, if the page has it; its label in every language."""
        for metric in self.of_type("metric"):
            if metric["props"]["label"] in labels:
                return str(metric["props"]["value"])
        return None

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the page's address."""
        return {
            name: value[0] if isinstance(value, list) else value
            for name, value in self.snapshot["query_params"].items()
        }

    @property
    def page(self) -> str:
        """The path of the page on screen."""
        return str(self.snapshot["page"]["url_path"])

    def values(self) -> dict[str, Any]:
        """What each widget with a key says."""
        return {
            str(element["key"]): element.get("value")
            for element in self.elements()
            if element.get("key") and element.get("value_schema")
        }
