const SEEN = "rnn-playground-tour"; // in the browser's storage
const GAP = 10; // pixels between the card, what it points at, and the edge of the window
const PHONE = 640; // pixels; narrower windows have the card at their bottom
const LOOK_EVERY = 200; // milliseconds; the page moves while a network trains

const seen = () => {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return true; // no storage: it could not be kept from coming again
  }
};
const remember = () => {
  try {
    localStorage.setItem(SEEN, "shown");
  } catch {
    /* nothing to remember it in */
  }
};
/** A first visit by a person, to the plain page. */
const first = () => !seen() && !location.search && window === window.top && !navigator.webdriver;

const find = (selector) =>
  [...document.querySelectorAll(selector)].find((one) => {
    const { right, width, height } = one.getBoundingClientRect();
    return width > 0 && height > 0 && right > 0;
  });

class Tour {
  constructor(place) {
    place.innerHTML = `
      <div class="ring" hidden></div>
      <div class="card" role="dialog" aria-labelledby="title" aria-describedby="text" tabindex="-1" hidden>
        <h2 id="title"></h2><p id="text"></p>
        <div class="row"><span class="count"></span>
          <button type="button" class="skip"></button><button type="button" class="back"></button
          ><button type="button" class="next"></button></div>
      </div>`;
    this.ring = place.querySelector(".ring");
    this.card = place.querySelector(".card");
    this.part = (name) => place.querySelector(name);
    this.part(".skip").onclick = () => this.close();
    this.part(".back").onclick = () => this.go(-1);
    this.part(".next").onclick = () => this.go(1);
    this.escape = (event) => {
      if (event.key !== "Escape" || this.card.hidden) return;
      event.stopPropagation();
      this.close();
    };
    document.addEventListener("keydown", this.escape, true);
    this.at = 0;
    this.asked = 0;
  }

  update(data) {
    this.data = data;
    if (!this.card.hidden) this.write(); // in another language
    if (data.asked > this.asked) {
      // The menu in which it was asked for would cover the card.
      const escape = { key: "Escape", bubbles: true, cancelable: true };
      document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", escape));
    }
    if (data.asked > this.asked || (this.waiting === undefined && first())) this.open();
    this.asked = data.asked;
  }

  /** Show the card as soon as there is something to point at. */
  open() {
    clearInterval(this.waiting);
    this.at = 0;
    this.waiting = setInterval(() => {
      if (!this.data.stops.every((stop) => find(stop.target))) return;
      clearInterval(this.waiting);
      remember();
      this.before = document.activeElement;
      this.ring.hidden = this.card.hidden = false;
      this.timer = setInterval(() => this.place(), LOOK_EVERY);
      this.show();
    }, LOOK_EVERY);
  }

  go(by) {
    this.at += by;
    if (this.at >= this.data.stops.length) this.close();
    else this.show();
  }

  show() {
    this.write();
    const target = find(this.data.stops[this.at].target);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const block = innerWidth <= PHONE ? "start" : "nearest";
    // Streamlit's bar covers the top of what is scrolled there.
    if (target) target.style.scrollMarginTop = "4.5rem";
    target?.scrollIntoView({ block, behavior: still ? "auto" : "smooth" });
    this.place();
    this.card.focus({ preventScroll: true });
  }

  write() {
    const { stops, next, back, skip, done } = this.data;
    const stop = stops[this.at];
    const last = this.at === stops.length - 1;
    this.part("h2").textContent = stop.title;
    this.part("p").textContent = stop.text;
    this.part(".count").textContent = `${this.at + 1} / ${stops.length}`;
    this.part(".skip").textContent = skip;
    this.part(".skip").hidden = last;
    this.part(".back").textContent = back;
    this.part(".back").hidden = this.at === 0;
    this.part(".next").textContent = last ? done : next;
  }

  /** Put ring and card where the target is now: the card beside it, below it, or above it. */
  place() {
    const target = find(this.data.stops[this.at].target);
    this.ring.hidden = !target;
    if (!target) return;
    const { left, top, right, bottom } = target.getBoundingClientRect();
    const put = (element, values) => {
      for (const [name, value] of Object.entries(values)) element.style[name] = `${value}px`;
    };
    put(this.ring, { left: left - 3, top: top - 3, width: right - left + 6, height: bottom - top + 6 });
    const { offsetWidth: width, offsetHeight: height } = this.card;
    const clamp = (value, size, room) => Math.max(GAP, Math.min(value, room - size - GAP));
    if (innerWidth <= PHONE) {
      put(this.card, { left: clamp(0, width, innerWidth), top: innerHeight - height - GAP });
      return;
    }
    const beside = right + GAP + width <= innerWidth;
    const before = left - GAP - width >= 0;
    const below = bottom + GAP + height <= innerHeight;
    if (beside || (before && !below)) {
      const x = beside ? right + GAP : left - GAP - width;
      // Beside something as high as the window: where the player is not.
      const high = bottom - top > 0.8 * innerHeight;
      const y = high ? (innerHeight - height) / 2 : Math.max(top, 70);
      put(this.card, { left: x, top: clamp(y, height, innerHeight) });
    } else {
      const y = below ? bottom + GAP : top - GAP - height;
      put(this.card, { left: clamp(left, width, innerWidth), top: clamp(y, height, innerHeight) });
    }
  }

  close() {
    clearInterval(this.timer);
    this.ring.hidden = this.card.hidden = true;
    if (this.before?.isConnected) this.before.focus({ preventScroll: true });
  }

  stop() {
    clearInterval(this.waiting);
    this.close();
    document.removeEventListener("keydown", this.escape, true);
  }
}

export default function ({ data: [data], parentElement }) {
  const place = parentElement.querySelector(".place");
  place.tour ??= new Tour(place);
  place.tour.update(data);
  return () => place.tour.stop();
}
