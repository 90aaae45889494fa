"""What the explorer takes from an input to the frame that shows its effect, in a real browser."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any
from urllib.parse import quote

import psutil

OPENED_CARDS = 5  # that one expansion adds
REST_MS = 400  # until a card has moved and the picture is drawn finely
# The clock starts with the event's own time stamp and stops behind the frame in which the page says
# what happened: an animation frame, and the task after it, when style, layout and paint are over.
PROBE = """
() => {
  const said = document.querySelector('#lineage-said');
  const frame = (done) => requestAnimationFrame(() => setTimeout(() => done(performance.now())));
  for (const kind of ['click', 'pointerdown'])
    addEventListener(kind, (event) => (window.began = event.timeStamp), true);
  window.afterSaying = (words) => new Promise((done, fail) => {
    setTimeout(fail, 10000, new Error('nothing was said'));
    const watch = new MutationObserver(() => {
      if (!said.textContent.includes(words)) return;
      watch.disconnect();
      frame((now) => done(now - window.began));
    });
    watch.observe(said, { childList: true, characterData: true, subtree: true });
  });
  window.afterFrame = () => new Promise((done) =>
    addEventListener('click', () => frame((now) => done(now - window.began)), { once: true }));
  window.frames = () => {
    const found = [];
    let last = performance.now(), goes = true;
    const step = (now) => {
      found.push(now - last);
      last = now;
      if (goes) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
    window.stopFrames = () => ((goes = false), found.slice(1));
  };
}
"""
IN_WINDOW = """
() => {
  const view = document.querySelector('.live').getBoundingClientRect();
  return [...document.querySelectorAll('.live [data-node]')]
    .filter((card) => {
      const box = card.getBoundingClientRect();
      const isWide = box.left > view.left && box.right < view.right - 16;
      return isWide && box.top > view.top && box.bottom < view.bottom;
    })
    .map((card) => card.dataset.node);
}
"""
FOCUS = "each => each.focus({ focusVisible: true })"


@dataclass
class Series:
    """Repeated measurements of one thing, ms; CPU is the mean of one of them."""

    name: str
    passed_ms: list[float] = field(default_factory=list)
    main_ms: list[float] = field(default_factory=list)  # CPU of the page's main thread
    script_ms: list[float] = field(default_factory=list)  # of it
    layout_ms: list[float] = field(default_factory=list)  # of it, with style
    browser_ms: float = 0  # CPU of all of the browser's processes, of all measurements

    def row(self) -> str:
        """One line of the table under `HEADER`."""
        count = len(self.passed_ms)
        every = (self.passed_ms, self.main_ms, self.script_ms, self.layout_ms)
        cells = [f"{at(each, 50):.0f} / {at(each, 95):.0f}" if each else "" for each in every]
        return (
            f"| {self.name} | {count} | "
            + " | ".join(cells)
            + f" | {self.browser_ms / count:.0f} |"
        )


HEADER = (
    "| what | times | passed p50 / p95 | main thread CPU | of it script | of it style and layout"
    " | CPU of the browser |\n| --- | --- | --- | --- | --- | --- | --- |"
)


def at(values: list[float], percent: int) -> float:
    """Percentile; of one value, itself."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


@dataclass(frozen=True)
class Ground:
    """A hub whose readers and their readers are all in view; some of the last have more."""

    cards: int
    sources: int
    children: int
    grandchildren: int  # of each child

    def jobs(self) -> Iterator[tuple[list[str], list[str]]]:
        """Inputs and outputs; each of the outermost datasets has five readers of its own."""
        children = [f"child-{n}" for n in range(self.children)]
        yield [f"source-{n}" for n in range(self.sources)], ["hub"]
        yield ["hub"], children
        for child in children if self.grandchildren else ():
            yield [child], [f"{child}-{n}" for n in range(self.grandchildren)]
        for leaf in self.leaves():
            yield [leaf], [f"{leaf}-{n}" for n in range(OPENED_CARDS)]

    def leaves(self) -> list[str]:
        """The outermost datasets."""
        if not self.grandchildren:
            return [f"child-{n}" for n in range(self.children)]
        return [f"child-{c}-{g}" for c in range(self.children) for g in range(self.grandchildren)]

    def path(self, space: str) -> str:
        """The address that shows all of it."""
        children = range(self.children if self.grandchildren else 0)
        opened = "".join(f"&down={quote(f'dataset:{space}:child-{n}', safe='')}" for n in children)
        return f"/lineage/?node={quote(f'dataset:{space}:hub')}&level=dataset&depth=1{opened}"


GROUNDS = (
    Ground(5, 1, 3, 0),
    Ground(50, 4, 5, 8),
    Ground(150, 9, 10, 13),
    Ground(500, 5, 19, 25),
)


class Meter:
    """One open explorer, and what its browser used."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.evaluate(PROBE)

    def metrics(self) -> dict[str, float]:
        found = self.session.send("Performance.getMetrics")["metrics"]
        return {each["name"]: each["value"] * 1000 for each in found}

    @contextmanager
    def measuring(self, series: Series) -> Iterator[None]:
        before, used = self.metrics(), browser_cpu_ms()
        yield
        series.browser_ms += browser_cpu_ms() - used
        after = self.metrics()
        spent = {name: after[name] - before[name] for name in after}
        series.main_ms.append(spent["TaskDuration"])
        series.script_ms.append(spent["ScriptDuration"])
        series.layout_ms.append(spent["LayoutDuration"] + spent["RecalcStyleDuration"])

    def rest(self) -> None:
        self.page.wait_for_timeout(REST_MS)

    def fit(self) -> None:
        """All of the drawing in the window."""
        self.page.locator('[data-zoom="fit"]').click()
        self.rest()

    def click(self, selector: str, probe: str) -> float:
        """A real click in the middle of an element; gives what `probe` promises, ms."""
        box = self.page.locator(selector).bounding_box()
        self.page.evaluate(f"window.measured = {probe}; null")
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        return float(self.page.evaluate("window.measured"))

    def expansions(self, leaves: set[str], times: int, name: str) -> tuple[Series, Series]:
        """Opens and folds those of the cards that are in the window, in turn."""
        opening, folding = Series(f"{name}: open"), Series(f"{name}: fold")
        self.page.locator(".live .focus a").evaluate(FOCUS)
        for _ in range(2):
            self.page.keyboard.press("ArrowRight")
        ids = [each for each in self.page.evaluate(IN_WINDOW) if each in leaves]
        assert ids, name
        for id_ in islice(cycle(ids), times):
            card = f".live [data-node={json.dumps(id_)}]"
            self.page.locator(f"{card} a").evaluate(FOCUS)
            self.rest()
            for series, words in ((opening, "added"), (folding, "folded")):
                with self.measuring(series):
                    took = self.click(f"{card} > .downstream", f"afterSaying('{words}')")
                series.passed_ms.append(took)
                self.rest()
        return opening, folding

    def zooms(self, times: int, name: str) -> tuple[Series, Series]:
        """The first step after loading, and those after it, closer and farther by turns."""
        first, next_ = Series(f"{name}: first zoom"), Series(f"{name}: zoom")
        for n in range(times + 1):
            series = next_ if n else first
            with self.measuring(series):
                took = self.click(f'[data-zoom="{"in" if n % 2 else "out"}"]', "afterFrame()")
            series.passed_ms.append(took)
            self.rest()
        return first, next_

    def pan(self, steps: int, name: str) -> Series:
        """Frame times while the drawing is dragged to and fro."""
        series, mouse = Series(f"{name}: frame of a drag"), self.page.mouse
        box = self.page.locator(".live").bounding_box()
        x, y = box["x"] + box["width"] - 40, box["y"] + 8
        mouse.move(x, y)
        mouse.down()
        used = browser_cpu_ms()
        self.page.evaluate("frames()")
        for n in range(steps):
            x += -12 if n < steps / 2 else 12
            mouse.move(x, y)
        series.passed_ms = self.page.evaluate("stopFrames()")
        series.browser_ms = browser_cpu_ms() - used
        mouse.up()
        self.rest()
        return series


def browser_cpu_ms() -> float:
    """CPU that the browsers started by this process have used so far, in all their processes."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            if "chrom" in process.name():
                times = process.cpu_times()
                total += (times.user + times.system) * 1000
        except psutil.NoSuchProcess:
            continue
    return total
