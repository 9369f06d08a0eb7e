// When a view is chosen whose picture would begin below the edge of the window, scroll until the
// list of views is just below the player. Only after a click: never while a page loads or plays.

const CHOOSER = '[class*="st-key-look_"]';
// Milliseconds after the click at which to look: the picture comes with the next run of the page.
const LOOKS = [100, 300, 600, 1000, 1600];
// Pixels of a picture that have to be in sight.
const ENOUGH = 250;

export default function ({ parentElement }) {
  // Streamlit calls this again with another theme, and ends only the last call.
  parentElement.stopRevealing?.();
  let timers = [];

  const cancel = () => {
    timers.forEach(clearTimeout);
    timers = [];
  };

  const reveal = () => {
    const chooser = document.querySelector(CHOOSER);
    const main = document.querySelector('[data-testid="stMain"]');
    if (!chooser || !main) return;
    const inside = chooser.closest(".st-key-inside");
    const picture = inside?.querySelector('[data-testid="stVegaLiteChart"]') ?? chooser;
    if (picture.getBoundingClientRect().top + ENOUGH <= window.innerHeight) return;
    const bar = document.querySelector("div:has(> .st-key-bar)");
    const header = document.querySelector('[data-testid="stHeader"]');
    const sticks = bar && getComputedStyle(bar).position === "sticky";
    const top = (header?.offsetHeight ?? 0) + (sticks ? bar.offsetHeight : 0) + 8;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    main.scrollBy({
      top: chooser.getBoundingClientRect().top - top,
      behavior: calm ? "auto" : "smooth",
    });
    cancel();
  };

  const clicked = (event) => {
    if (!event.target.closest?.(CHOOSER)) return;
    cancel();
    timers = LOOKS.map((wait) => setTimeout(reveal, wait));
  };

  document.addEventListener("click", clicked);
  document.addEventListener("wheel", cancel, { passive: true });
  document.addEventListener("touchmove", cancel, { passive: true });
  parentElement.stopRevealing = () => {
    cancel();
    document.removeEventListener("click", clicked);
    document.removeEventListener("wheel", cancel);
    document.removeEventListener("touchmove", cancel);
  };
  return () => parentElement.stopRevealing();
}
