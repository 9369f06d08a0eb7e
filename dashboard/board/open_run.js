// Opens a run when its point is clicked, in a tab of its own: what a link in a Vega-Lite chart does
// is left to Streamlit, which has it replace the board.

const CHART = '.st-key-board [data-testid="stVegaLiteChart"]';
// Pixels that a finger may move between touching a point and leaving it.
const STILL = 8;

export default function ({ parentElement }) {
  // Streamlit calls this again with another theme, and ends only the last call.
  parentElement.stopOpening?.();
  let pressed = null;

  // The chart is drawn anew while pupils train: what counts is where the click began.
  const down = (event) => {
    pressed = null;
    if (event.button !== 0 || !event.isPrimary || !event.target.closest?.(CHART)) return;
    const link = event.target.__data__?.datum?.link; // Vega keeps the row with the mark
    if (link) pressed = { link, x: event.clientX, y: event.clientY };
  };

  const up = (event) => {
    if (pressed === null) return;
    const { link, x, y } = pressed;
    pressed = null;
    if (Math.hypot(event.clientX - x, event.clientY - y) < STILL) {
      window.open(link, "_blank", "noopener");
    }
  };

  // A finger that scrolls the page ends in neither of the two.
  const cancel = () => {
    pressed = null;
  };

  const heard = { pointerdown: down, pointerup: up, pointercancel: cancel };
  for (const [kind, listener] of Object.entries(heard)) {
    document.addEventListener(kind, listener, { capture: true });
  }
  parentElement.stopOpening = () => {
    for (const [kind, listener] of Object.entries(heard)) {
      document.removeEventListener(kind, listener, { capture: true });
    }
  };
  return () => parentElement.stopOpening();
}
