"""What the browser does about messages of the server that have not arrived."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


class LossyLine:
    """Loses the end of one run of the page, from the first Pause button on."""

    def __init__(self) -> None:
        self.lost = 0
        self._loses = False

    def connect(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def pass_on(data: str | bytes) -> None:
            assert isinstance(data, bytes)
            if self._is_lost(ForwardMsg.FromString(data)):
                self.lost += 1
            else:
                route.send(data)

        server.on_message(pass_on)
        route.on_message(server.send)

    def _is_lost(self, message: ForwardMsg) -> bool:
        element = message.delta.new_element
        if element.WhichOneof("type") == "button" and element.button.id.endswith("-pause_1"):
            self._loses = self.lost == 0
        elif message.WhichOneof("type") == "new_session":
            self._loses = False
        return self._loses


def test_a_page_that_plays_beside_a_button_that_says_run_gets_the_right_one(open_page: Any) -> None:
    train, line = open_page(once=True), LossyLine()
    train.page.route_web_socket("**/stream", line.connect)
    train.open(train.page.url + "?hidden_size=8")
    train.key("run").get_by_role("button").click()
    expect(train.key("run")).to_contain_text("Pause")
    assert line.lost
    train.press("run")
    train.expect_to_rest()
