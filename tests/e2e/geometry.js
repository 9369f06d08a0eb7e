/* Measures a page. Defines window.geometry, whose functions return faults as sentences. */
window.geometry = (() => {
  const name = (text) => `“${text.trim().replace(/\s+/g, " ").slice(0, 40)}”`;
  const round = (box) => [box.left, box.top, box.right, box.bottom].map(Math.round).join(", ");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const over = (a, b) =>
    Math.min(
      Math.min(a.right, b.right) - Math.max(a.left, b.left),
      Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top),
    );

  /* Charts: the Vega view is held by a React reference above the chart's element. */
  const viewOf = (element) => {
    const key = Object.keys(element).find((one) => one.startsWith("__reactFiber$"));
    for (let fiber = element[key]; fiber; fiber = fiber.return) {
      for (let hook = fiber.memoizedState; hook; hook = hook.next) {
        const held = hook.memoizedState?.current;
        if (typeof held?.scenegraph === "function") return held;
        if (typeof held?.view?.scenegraph === "function") return held.view;
      }
    }
    return null;
  };
  // Its tools are named after it.
  const altOf = (element) =>
    all("[aria-label]", element.closest("[data-testid=stElementContainer]") ?? element)
      .map((one) => one.ariaLabel).find((label) => label.includes(": "))
      ?.replace(/^[^:]*: /, "") ?? "a chart";
  const charts = () =>
    all("[data-testid=stVegaLiteChart]")
      .filter((element) => element.checkVisibility())
      .map((element) => ({
        element,
        title: name(altOf(element)),
        marks: element.querySelector(".marks"),
        view: viewOf(element),
      }));

  /* What is drawn: texts, plots and points, in pixels of the page. */
  const drawn = (chart) => {
    const found = { texts: [], plots: [], points: [] };
    const at = chart.marks.getBoundingClientRect();
    const origin = chart.view.origin();
    const walk = (mark, x, y, plot) => {
      for (const item of mark.items ?? []) {
        if (mark.marktype === "group") {
          const left = x + (item.x ?? 0);
          const top = y + (item.y ?? 0);
          const inside = { left, top, right: left + item.width, bottom: top + item.height };
          const isPlot = item.width > 0 && item.height > 0 && mark.role.match(/^(scope|frame)$/);
          if (isPlot) found.plots.push(inside);
          for (const below of item.items) walk(below, left, top, isPlot ? inside : plot);
          continue;
        }
        const hidden = item.opacity === 0 || item.fillOpacity === 0;
        const { x1, y1, x2, y2 } = item.bounds;
        const box = { left: x + x1, top: y + y1, right: x + x2, bottom: y + y2 };
        if (mark.marktype === "text" && !hidden && String(item.text ?? "").trim()) {
          found.texts.push({ ...box, text: String(item.text) });
        }
        if (mark.marktype === "symbol" && mark.role === "mark" && !mark.clip && plot && !hidden) {
          found.points.push({ x: x + item.x, y: y + item.y, plot, name: mark.name });
        }
      }
    };
    walk(chart.view.scenegraph().root, at.left + origin[0], at.top + origin[1], null);
    return found;
  };

  /* Texts of the page, a box a line; a formula is one text. */
  const isShown = (element) => {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    for (let one = element; one; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (style.clipPath !== "none" || one.matches("svg, .katex-mathml, option, script, style")) {
        return false;
      }
    }
    return true;
  };
  // Cut to what scrolling regions and folded parts show.
  const visiblePart = (box, element) => {
    let { left, top, right, bottom } = box;
    for (let one = element; one; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (style.overflow === "visible" || style.display === "inline") continue;
      const frame = one.getBoundingClientRect();
      [left, right] = [Math.max(left, frame.left), Math.min(right, frame.right)];
      [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
    }
    return { left, top, right, bottom };
  };
  const BAR = "[data-testid=stBottom]"; // above what it covers
  const texts = (within) => {
    const found = [];
    const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
    const formulas = new Set();
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const element = node.parentElement;
      if (!node.data.trim() || !isShown(element)) continue;
      if (element.closest(BAR) && !within.matches(BAR)) continue;
      const formula = element.closest(".katex");
      if (formula) {
        if (formulas.has(formula)) continue;
        formulas.add(formula);
      }
      const range = document.createRange();
      range.selectNodeContents(formula ?? node);
      const boxes = formula ? [formula.getBoundingClientRect()] : range.getClientRects();
      for (const line of boxes) {
        const box = visiblePart(line, element);
        if (box.right - box.left < 2 || box.bottom - box.top < 2) continue;
        found.push({ ...box, text: node.data, node: formula ?? node });
      }
    }
    return found;
  };
  const overlaps = (boxes, others = null) => {
    const faults = [];
    boxes.forEach((one, n) => {
      for (const other of others ?? boxes.slice(n + 1)) {
        // Boxes of lines are a little higher than their letters.
        if (one.node !== undefined && one.node === other.node) continue;
        if (over(one, other) > 3) {
          faults.push(`${name(one.text)} and ${name(other.text)} overlap at ${round(one)}`);
        }
      }
    });
    return faults;
  };

  const chartFaults = (least) => {
    const faults = [];
    for (const chart of charts()) {
      const place = chart.element.getBoundingClientRect();
      const marks = chart.marks.getBoundingClientRect();
      if (place.width < least) faults.push(`${chart.title} is ${Math.round(place.width)} px wide`);
      if (marks.bottom > place.bottom + 1.5 || marks.right > place.right + 1.5) {
        faults.push(`${chart.title} is larger than its place: ${round(marks)} in ${round(place)}`);
      }
      if (!chart.view) {
        faults.push(`${chart.title} cannot be read`);
        continue;
      }
      const { texts: words, plots, points } = drawn(chart);
      const top = plots.filter((plot) => plot.right - plot.left > 0);
      const widest = Math.max(0, ...top.map((plot) => plot.right - plot.left));
      if (widest < 0.5 * Math.min(place.width, least)) {
        faults.push(`${chart.title}: its plot is ${Math.round(widest)} px wide`);
      }
      faults.push(...overlaps(words).map((one) => `${chart.title}: ${one}`));
      for (const word of words) {
        if (word.left < marks.left - 2 || word.right > marks.right + 2
          || word.top < marks.top - 2 || word.bottom > marks.bottom + 2) {
          faults.push(`${chart.title}: ${name(word.text)} is cut off`);
        }
      }
      const outside = points.filter(({ x, y, plot }) =>
        x < plot.left - 1 || x > plot.right + 1 || y < plot.top - 1 || y > plot.bottom + 1);
      if (outside.length) {
        faults.push(`${chart.title}: ${outside.length} points of ${outside[0].name} are outside`);
      }
      // Tools that appear over a chart cover no text around it.
      const tools = chart.element.parentElement.querySelector("[data-testid=stElementToolbar]")
        ?? chart.element.closest("[data-testid=stElementContainer]")
          ?.querySelector("[data-testid=stElementToolbar]");
      if (tools) {
        const box = { ...tools.getBoundingClientRect().toJSON(), text: "the tools", node: tools };
        const around = texts(document.querySelector("[data-testid=stMain]"))
          .filter((one) => !tools.contains(one.node));
        if (box.width) faults.push(...overlaps([box], [...around, ...words]));
      }
    }
    return faults;
  };

  const clippedFaults = (within) => {
    const faults = [];
    for (const element of all("*", within)) {
      const isInput = element.matches("input:not([type=range]):not([type=checkbox])");
      const own = isInput ? element.value : [...element.childNodes]
        .filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("");
      if (!own.trim() || element.closest(".katex") || !isShown(element)) continue;
      if (!isInput && getComputedStyle(element).overflowX === "visible") continue;
      if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 2) {
        faults.push(`${name(own)} is cut off: ${element.clientWidth} of ${element.scrollWidth} px`);
      }
    }
    return faults;
  };

  /* Tables are drawn on a canvas; React knows their columns and cells. */
  const tableFaults = () => {
    const faults = [];
    const pen = document.createElement("canvas").getContext("2d");
    for (const canvas of all("[data-testid=stDataFrame] canvas[data-testid=data-grid-canvas]")) {
      const key = Object.keys(canvas).find((one) => one.startsWith("__reactFiber$"));
      let props = null;
      for (let fiber = canvas[key]; fiber && !props; fiber = fiber.return) {
        const held = fiber.memoizedProps;
        if (held?.getCellContent && held.columns) props = held;
      }
      if (!props) {
        faults.push("a table cannot be read");
        continue;
      }
      pen.font = `13px ${getComputedStyle(canvas).fontFamily}`;
      for (const [column, { width, title }] of props.columns.entries()) {
        for (let row = 0; row < Math.min(props.rows, 12); row += 1) {
          const cell = props.getCellContent([column, row]);
          const said = cell.displayData ?? cell.data;
          if (typeof said !== "string" || cell.allowWrapping) continue;
          const room = width - 16;
          const needed = pen.measureText(said).width;
          if (needed > room) {
            faults.push(`${name(title)}: ${name(said)} needs ${Math.round(needed)} of ${room} px`);
          }
        }
      }
    }
    return faults;
  };

  return {
    charts,
    drawn,
    /** All faults of the page as it is. */
    faults: (least) => {
      const main = document.querySelector("[data-testid=stMain]");
      const sidebar = document.querySelector("[data-testid=stSidebar][aria-expanded=true]");
      main.scrollTop = 0; // or the player's bar covers what is below
      const faults = [...chartFaults(least), ...tableFaults()];
      const above = all(`${BAR}, [data-testid=stPopoverBody], [role=dialog]`);
      for (const part of [main, sidebar, ...above]) {
        if (!part) continue;
        faults.push(...overlaps(texts(part)), ...clippedFaults(part));
        if (part.scrollWidth > part.clientWidth + 1) faults.push("the page scrolls sideways");
      }
      return [...new Set(faults)];
    },
    /** Begin to note what moves, and how high the page is. */
    watch: () => {
      const main = document.querySelector("[data-testid=stMain]");
      const sidebar = document.querySelector("[data-testid=stSidebar]");
      const seen = { shifts: [], heights: new Set([main.scrollHeight]) };
      const note = (entries) => {
        for (const entry of entries) {
          if (entry.hadRecentInput) continue;
          for (const { node, previousRect: a, currentRect: b } of entry.sources) {
            if (sidebar?.contains(node)) continue; // sliders, which are set
            const moved = Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y));
            const text = node?.textContent ?? node?.parentElement?.textContent ?? "";
            if (moved > 4) seen.shifts.push(`${name(text || node?.className || "?")} by ${moved} px`);
          }
        }
      };
      const observer = new PerformanceObserver((list) => note(list.getEntries()));
      observer.observe({ type: "layout-shift" });
      const timer = setInterval(() => seen.heights.add(main.scrollHeight), 50);
      window.geometry.moved = () => {
        note(observer.takeRecords());
        observer.disconnect();
        clearInterval(timer);
        const heights = [...seen.heights];
        const grown = Math.max(...heights) - Math.min(...heights);
        return [...new Set(seen.shifts)].concat(grown > 4 ? [`the page grows by ${grown} px`] : []);
      };
    },
  };
})();
