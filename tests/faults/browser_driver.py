"""Bursts of keys, clicks and files in a real browser, and what must hold once the page is at rest.

Run with ``python -m tests.faults.browser_driver``; ``make test-faults`` does. In a burst nothing is
waited for: clicks and keys come while the page still answers the ones before. Then the run is
paused, and the page must rest, step by exactly one, and reset to 0; its charts must show the step
of its readouts, and its link what is on screen. Actions follow from the seed; when something does
not hold, they are printed.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from playwright.sync_api import Error, Locator, Page, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from rnn_core import RunConfig, Trainer
from rnn_core.io import save_checkpoint, save_weights
from tests.e2e.app import TrainPage, launch_browser, serve
from tests.faults.drawn import Drawn, drawn, expect_agreement
from tests.rnn_core.io.tables.workbooks import rows, xlsx

# Actions of a burst, and milliseconds between two of them.
_BURST, _APART = (1, 8), (0, 120)
# While paused, nothing may move for so many milliseconds: four beats of the timer.
_REST = 1500
# Milliseconds until an answer to the last action of a burst must have come, and until what an
# action is about is there; or must be there, because nothing comes before it.
_ANSWER, _THERE, _SOON = 60_000, 3_000, 1_000
# Share of bursts after which the run is reset, and after which another visitor opens the link.
_RESET, _LINK = 0.15, 0.2

_KEYS = ("Space", "Space", "ArrowRight", "ArrowRight", "ArrowRight", "Home", "n")
_BUTTONS = ("run", "run", "step", "step", "reset", "new_seed")
_SLIDERS = ("lr", "hidden_size", "num_layers", "batch_size")

File = Mapping[str, Any]

# What the settings in the sidebar say, by key; the languages have widgets of their own.
_SETTINGS = """
() => Object.fromEntries(
  [...document.querySelectorAll('[data-testid=stSidebar] [class*=st-key-]')].map(part => {
    const name = [...part.classList].find(each => each.startsWith('st-key-'));
    const boxes = [...part.querySelectorAll('input')];
    return [name, boxes.map(box => box.type === 'checkbox' ? box.checked : box.value).join('|')];
  }))
"""


def _file(name: str, content: str | bytes) -> File:
    data = content if isinstance(content, bytes) else content.encode()
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def _table(separator: str, decimal: str) -> str:
    values = [f"{20 * math.sin(n / 3) + n % 7:.2f}".replace(".", decimal) for n in range(330)]
    return "\n".join(
        [f"day{separator}value", *(f"{n}{separator}{v}" for n, v in enumerate(values))]
    )


def tables() -> list[File]:
    """Files of the Data page, good and bad."""
    cells = [(float(n), math.sin(n / 4), float(n % 5)) for n in range(250)]
    book = xlsx(One=rows(("row", "wave", "saw"), *cells))
    return [
        _file("comma.csv", _table(",", ".")),
        _file("semicolon.csv", _table(";", ",")),
        _file("book.xlsx", book),
        _file("broken.xlsx", book[:900]),
        _file("short.csv", "a,b\n1,2\n3,4\n"),
        _file("empty.csv", ""),
        _file("noise.csv", random.Random(0).randbytes(2_000)),
    ]


def logs() -> list[File]:
    """Files that are laid beside a comparison, good and bad."""
    steps = [f"{n},{1 / (1 + n):.4f}" for n in range(0, 90, 3)]
    return [
        _file("seed1.csv", "\n".join(["step,loss", *steps])),
        _file("seed2.csv", "step,loss\n0,1\n60,0.5\n"),
        _file("words.csv", "step,loss\na,b\n"),
        _file("noise.bin", random.Random(1).randbytes(500)),
    ]


def runs() -> list[File]:
    """Files that the Train page opens, good and bad."""
    found = [_file("words.safetensors", "hello")]
    for config in (RunConfig(hidden_size=5), RunConfig(task="adding", cell="lstm", hidden_size=4)):
        trainer = Trainer(config)
        trainer.advance(12)
        found += [
            _file("run.safetensors", save_checkpoint(trainer)),
            _file("weights.safetensors", save_weights(trainer)),
        ]
    return [*found, _file("cut.safetensors", found[1]["buffer"][:500])]


def _unlike(own: Mapping[str, str], others: Mapping[str, str]) -> list[str]:
    """What two pages say differently; something if one of them says nothing yet."""
    both = own.keys() & others.keys()
    found = [f"{n}: {own[n]} is {others[n]}" for n in sorted(both) if own[n] != others[n]]
    return found if both else ["no settings"]


class Wire:
    """Reads what a page and its server send each other.

    Attributes:
        charts: the figure and the loss chart that the page shows last.
        is_answered: whether the last click or key that the page has reported was answered with a
            whole run of the page.
    """

    def __init__(self, page: Page) -> None:
        self.charts: list[Drawn] = []
        self.is_answered = True
        self._answer_begins = False
        self._figure: Drawn = {}
        self._large: dict[str, ForwardMsg] = {}  # messages that are sent once, by hash
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._receive)
        socket.on("framesent", self._send)

    def _send(self, data: str | bytes) -> None:
        if isinstance(data, str):
            return
        message = BackMsg.FromString(data)
        if message.WhichOneof("type") == "rerun_script" and not message.rerun_script.is_auto_rerun:
            self.is_answered = self._answer_begins = False

    def _receive(self, data: str | bytes) -> None:
        if isinstance(data, str):
            return
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._answer_begins = True
        elif kind == "script_finished" and self._answer_begins:
            self.is_answered = message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        if message.WhichOneof("type") == "ref_hash":
            message = self._large[message.ref_hash]
        elif message.metadata.cacheable:
            self._large[message.hash] = message
        element = message.delta.new_element
        if element.WhichOneof("type") != "vega_lite_chart":
            return
        found = drawn(element.vega_lite_chart)
        if "head" in found:
            self.charts = [self._figure, found]
        elif "windows" in found:
            self._figure = found


class BrowserDriver:
    """Drives one tab.

    Args:
        page: of a browser, at the page's address.
        wire: what the server sends to it.
        seed: of all choices.

    Attributes:
        trace: what was done so far.
        counts: of actions that were taken, bursts and checks.
    """

    def __init__(self, page: Page, wire: Wire, seed: int) -> None:
        self._shown = TrainPage(page)
        self._page, self._wire = page, wire
        self._random = random.Random(seed)
        self._tables, self._logs, self._runs = tables(), logs(), runs()
        self._saved: File | None = None
        self.trace: list[str] = []
        self.counts: Counter[str] = Counter()

    def burst(self) -> None:
        """Several actions at once; then check.

        Raises:
            AssertionError: when something does not hold.
        """
        for _ in range(self._random.randint(*_BURST)):
            kinds = self._kinds()
            (kind,) = self._random.choices(list(kinds), list(kinds.values()))
            name = kind.__name__.strip("_")
            try:
                self.trace.append(kind())
                self.counts["actions"] += 1
                self.counts[f"did {name}"] += 1
            except Error:  # what was to be clicked is not there, or has just been replaced
                self.trace.append(f"{name} missed")
                self.counts[f"missed {name}"] += 1
            self._page.wait_for_timeout(self._random.uniform(*_APART))
        self.counts["bursts"] += 1
        self._come_to_rest()
        self._check()

    # --- actions ----------------------------------------------------------------------------------

    @property
    def _path(self) -> str:
        found = re.search(r"/(compare|data|sweeps|board|learn)\b", self._page.url)
        return found[1] if found else ""

    def _kinds(self) -> dict[Callable[[], str], int]:
        """What can be done on this page, and how often it is."""
        anywhere = {self._go: 5, self._language: 3, self._history: 3, self._reload: 1}
        player = {self._key: 40, self._click: 30}
        own: dict[str, dict[Callable[[], str], int]] = {
            "": {
                **player,
                self._slide: 12,
                self._look: 6,
                self._cell: 2,
                self._task: 4,
                self._scrub: 4,
                self._travel: 4,
                self._branch: 2,
                self._save: 2,
                self._open: 4,
            },
            "compare": {
                **player,
                self._preset: 8,
                self._view: 4,
                self._slide: 6,
                self._task: 3,
                self._log: 8,
                self._remove: 2,
            },
            "data": {
                self._upload: 20,
                self._paste: 8,
                self._bundled: 8,
                self._columns: 12,
                self._train: 4,
            },
            "sweeps": {self._key: 10},
            "board": {self._key: 10},
            "learn": {**player, self._predict: 8, self._lesson: 6},
        }
        return {**anywhere, **own[self._path]}

    def _key(self) -> str:
        key = self._random.choice(_KEYS)
        self._page.keyboard.press(key)
        return f"key {key}"

    def _click(self) -> str:
        name = self._random.choice(_BUTTONS)
        self._shown.key(name).get_by_role("button").click(timeout=_SOON, force=True)
        return f"click {name}"

    def _slide(self) -> str:
        name = self._random.choice(_SLIDERS)
        return self._move(self._shown.key(name).get_by_role("slider").first, name)

    def _travel(self) -> str:
        return self._move(self._shown.key("travel").get_by_role("slider").first, "travel")

    def _move(self, slider: Locator, name: str) -> str:
        key = self._random.choice(("ArrowLeft", "ArrowRight"))
        slider.focus(timeout=_SOON)
        self._page.keyboard.press(key)
        self._leave()
        return f"{name} {key}"

    def _look(self) -> str:
        return self._any_of(
            self._page.locator("[class*=st-key-look_]").get_by_role("radio"), "view"
        )

    def _view(self) -> str:
        return self._any_of(self._shown.key("views").get_by_role("radio"), "experiment")

    def _predict(self) -> str:
        options = self._page.locator("[class*=st-key-predict_] label:has(input)")
        return self._any_of(options, "prediction")

    def _lesson(self) -> str:
        buttons = self._page.locator("[class*=st-key-lesson_] button, .st-key-neighbours button")
        return self._any_of(buttons, "lesson")

    def _remove(self) -> str:
        self._open_file_menu()
        said = self._any_of(self._page.locator("[class*=st-key-remove_log_] button"), "remove log")
        self._page.keyboard.press("Escape")
        return said

    def _any_of(self, options: Locator, name: str) -> str:
        count = options.count()
        if not count:
            raise Error(f"no {name}")
        place = self._random.randrange(count)
        options.nth(place).click(timeout=_SOON, force=True)
        self._leave()
        return f"{name} {place}"

    def _cell(self) -> str:
        return self._option("cell")

    def _task(self) -> str:
        return self._option("task")

    def _preset(self) -> str:
        return self._option("preset")

    def _bundled(self) -> str:
        return self._option("dataset")

    def _columns(self) -> str:
        return self._option(self._random.choice(("use_time", "use_missing", "read_separator")))

    def _option(self, name: str) -> str:
        """Another option of a list."""
        box = self._page.locator(f"[class*=st-key-{name}_]").get_by_role("combobox").first
        box.click(timeout=_SOON, force=True)
        options = self._page.get_by_role("option")
        options.first.wait_for(timeout=_THERE)
        place = self._random.randrange(max(1, options.count()))
        options.nth(place).click(timeout=_SOON, force=True)
        self._leave()
        return f"{name} {place}"

    def _scrub(self) -> str:
        """A click on the loss chart, which looks back."""
        box = self._shown.chart("loss").bounding_box(timeout=_SOON)
        if box is None:
            raise Error("no chart")
        across, down = self._random.uniform(0.2, 0.9), self._random.uniform(0.2, 0.7)
        self._page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
        return f"scrub {across:.2f}"

    def _branch(self) -> str:
        self._shown.key("branch").get_by_role("button").click(timeout=_SOON, force=True)
        return "branch"

    def _save(self) -> str:
        """The run as a file; the page plays on or not, as it likes."""
        self._open_file_menu()
        with self._page.expect_download(timeout=_THERE) as download:
            button = self._shown.key("save-safetensors").get_by_role("button")
            button.click(timeout=_THERE)
        self._saved = _file("saved.safetensors", download.value.path().read_bytes())
        self._page.keyboard.press("Escape")
        return f"save {download.value.suggested_filename}"

    def _open(self) -> str:
        files = [*self._runs, *([self._saved] * 3 if self._saved else [])]
        return self._give(self._random.choice(files))

    def _log(self) -> str:
        chosen = self._random.sample(self._logs, self._random.randint(1, 2))
        return self._give(*chosen)

    def _give(self, *files: File) -> str:
        """Choose files in the page's File menu."""
        self._open_file_menu()
        chooser = self._page.get_by_test_id("stFileUploaderDropzoneInput").last
        chooser.wait_for(state="attached", timeout=_THERE)
        chooser.set_input_files(list(files), timeout=_THERE)  # type: ignore[arg-type]
        self._page.wait_for_timeout(300)  # until the file is there
        self._page.keyboard.press("Escape")
        return f"give {[file['name'] for file in files]}"

    def _open_file_menu(self) -> None:
        if self._path == "":
            menu = self._shown.key("files").get_by_role("button").first
        else:
            menu = self._page.get_by_role("button", name=re.compile("^(File|文件)$"))
        menu.click(timeout=_THERE)

    def _upload(self) -> str:
        file = self._random.choice(self._tables)
        chooser = self._page.get_by_test_id("stFileUploaderDropzoneInput").first
        chooser.set_input_files([file], timeout=_THERE)  # type: ignore[list-item]
        return f"upload {file['name']}"

    def _paste(self) -> str:
        opened = self._page.get_by_role("textbox").first
        if not opened.is_visible():
            self._page.get_by_text(re.compile("^(Paste from|从电子表格粘贴)")).click(timeout=_THERE)
        text = self._random.choice((_table("\t", "."), "nothing\n", ""))
        self._page.locator(".st-key-paste textarea").fill(text, timeout=_THERE)
        self._shown.key("read").get_by_role("button").click(timeout=_THERE)
        return f"paste {len(text)} letters"

    def _train(self) -> str:
        button = self._page.get_by_role("button", name=re.compile("^(Train on this|用它来训练)"))
        button.click(timeout=_SOON)
        return "train on this"

    def _go(self) -> str:
        return self._any_of(self._page.get_by_test_id("stTopNavLink"), "page")

    def _language(self) -> str:
        self._shown.key("language_menu").get_by_role("button").click(timeout=_SOON)
        name = self._random.choice(("English", "简体中文"))
        self._page.get_by_text(name, exact=True).last.click(timeout=_THERE)
        return f"language {name}"

    def _history(self) -> str:
        way = self._random.choice(("back", "forward"))
        self._page.evaluate(f"history.{way}()")
        self._page.wait_for_timeout(400)
        if self._page.url == "about:blank":  # before the first page
            self._page.evaluate("history.forward()")
            self._page.wait_for_timeout(1_000)
        return way

    def _reload(self) -> str:
        self._page.reload(wait_until="commit")
        return "reload"

    def _leave(self) -> None:
        """Take the focus away, so that keys are the player's again."""
        self._page.evaluate("document.activeElement?.blur()")

    # --- what must hold ---------------------------------------------------------------------------

    def _come_to_rest(self) -> None:
        self._leave()
        self._page.keyboard.press("Escape")  # menus
        self._settle()
        pause = self._page.locator("[class*=st-key-pause_] button")
        if pause.count():
            pause.first.click()
            self.trace.append("pause")
            expect(pause).to_have_count(0, timeout=_ANSWER)
            self._settle()

    def _settle(self) -> None:
        """Wait until the page has answered everything."""
        app = self._page.get_by_test_id("stApp")
        self._page.wait_for_timeout(250)  # until the browser has asked
        until = time.monotonic() + _ANSWER / 1000
        while not self._wire.is_answered:
            assert time.monotonic() < until, "The last click or key has no answer."
            self._page.wait_for_timeout(50)
        expect(self._shown.key("heading")).to_be_attached(timeout=_ANSWER)
        if self._path in ("", "compare"):  # after a reload it comes late
            expect(self._shown.key("readouts").get_by_test_id("stMetricValue").first).to_be_visible(
                timeout=_ANSWER
            )
        if not self._page.locator("[class*=st-key-pause_]").count():
            expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=_ANSWER)

    def _said(self) -> list[str]:
        """Step and loss, as far as the page shows them."""
        numbers = self._shown.key("readouts").get_by_test_id("stMetricValue").all_inner_texts()
        if self._path == "":
            return numbers[:2]
        if self._path == "compare":
            return numbers[:1]
        captions = self._shown.key("stage").get_by_test_id("stCaptionContainer").all_inner_texts()
        found = [re.search(r"^\D*(\d+)", each) for each in captions if "·" in each]
        return [each[1] for each in found[:1] if each]

    def _check(self) -> None:
        resting = self._said()
        self._page.wait_for_timeout(_REST)
        assert self._said() == resting, f"At rest {resting} becomes {self._said()}."
        self.counts["rest checked"] += 1
        self._expect_no_error()
        self._check_charts(resting)
        step = self._shown.key("step").get_by_role("button")
        if resting and step.count() and step.is_enabled():
            step.click()
            self.trace.append("step checked")
            expected = str(int(resting[0]) + 1)
            self._expect_step(expected)
            self._page.wait_for_timeout(_REST)
            assert self._said()[0] == expected, f"Step led from {resting} to {self._said()}."
            self.counts["step checked"] += 1
            self._check_charts(self._said())
        if resting and self._random.random() < _RESET:
            self._shown.press("reset")
            self.trace.append("reset checked")
            self._expect_step("0")
            self._settle()
            self.counts["reset checked"] += 1
        if self._random.random() < _LINK:
            self._check_link()
        self._expect_no_error()

    def _expect_step(self, step: str) -> None:
        until = time.monotonic() + _ANSWER / 1000
        while self._said()[:1] != [step]:
            assert time.monotonic() < until, f"{self._said()} does not become step {step}."
            self._page.wait_for_timeout(100)

    def _check_charts(self, said: Sequence[str]) -> None:
        if self._path in ("", "learn") and said:
            loss = said[1] if len(said) > 1 else None
            self.counts["charts compared"] += expect_agreement(self._wire.charts, said[0], loss)

    def _check_link(self) -> None:
        """Another visitor who opens the address sees the same settings."""
        address = self._page.url
        if self._path in ("data", "sweeps", "board") or "file=" in address:
            return  # what a file has brought is not in the link
        own = self._page.evaluate(_SETTINGS)
        window = self._page.context.browser.new_context(locale="en-US")  # type: ignore[union-attr]
        try:
            other = window.new_page()
            other.goto(address)
            until = time.monotonic() + _ANSWER / 1000
            while unlike := _unlike(own, other.evaluate(_SETTINGS)):  # until all of it is drawn
                assert time.monotonic() < until, f"{unlike} in the link's page: {address}"
                other.wait_for_timeout(200)
        finally:
            window.close()
        self.counts["link checked"] += 1

    def _expect_no_error(self) -> None:
        expect(self._page.get_by_test_id("stException")).to_have_count(0)
        expect(self._shown.key("crash")).to_have_count(0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Drive the page, and print what was done.

    Raises:
        SystemExit: when something did not hold.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=500, help="how many, at least; 500")
    parser.add_argument("--seed", type=int, default=0, help="of the choices; 0")
    parser.add_argument("--page", default="", help="where to begin: compare, data …; Train")
    chosen = parser.parse_args(arguments)
    errors: list[str] = []

    def hear(said: Any) -> None:
        # Streamlit's own way of finding out that it stands one folder higher.
        asked = re.search("/(compare|data|sweeps|board|learn)/_stcore/", said.location["url"])
        # A page that is left while a file is on its way.
        left = "CanceledError: canceled" in said.text
        if said.type == "error" and not (asked or left):
            errors.append(said.text)

    with serve() as server, launch_browser() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900}, locale="en-US")
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", hear)
        driver, began = BrowserDriver(page, Wire(page), chosen.seed), time.monotonic()
        page.goto(f"{server.url}/{chosen.page}")
        expect(page.locator(".st-key-heading")).to_be_attached(timeout=_ANSWER)
        problem = ""
        try:
            while driver.counts["actions"] < chosen.actions and not errors:
                driver.burst()
        except (AssertionError, Error) as failed:
            problem = str(failed)
        took = time.monotonic() - began
        said = server.log.read_text()
    counts = ", ".join(f"{name} {number}" for name, number in sorted(driver.counts.items()))
    print(f"seed {chosen.seed}, {took:.0f} s: {counts}")
    if problem or errors or "Traceback" in said:
        print(*driver.trace[-60:], sep="\n")
        print(problem, *errors, said if "Traceback" in said else "", sep="\n")
        raise SystemExit(1)


if __name__ == "__main__":
    main()
