/* Keys for the one control that has the focus, before they are the player's shortcuts. */
(() => {
  if (window.ownKeys) return; // once a page, however often it is drawn
  window.ownKeys = true;

  const PRESSED = "button, a[href], summary, [role=switch], [role=checkbox], [role=option]";
  const MOVED = "[role=radio], [role=tab], [role=slider], [role=option], [role=listbox]";
  const own = { " ": PRESSED, Enter: PRESSED, ArrowRight: MOVED, Home: MOVED };

  // Streamlit listens for shortcuts at the document, one above.
  document.documentElement.addEventListener("keydown", (event) => {
    const controls = own[event.key];
    if (controls && event.target instanceof Element && event.target.closest(controls)) {
      event.stopPropagation();
    }
  });

  // Run becomes Pause, which is another button: the focus goes along.
  let left = null;
  document.addEventListener("focusin", (event) => {
    left = event.target.closest?.(".st-key-run, .st-key-step") ?? null;
  });
  document.addEventListener("focusout", (event) => {
    if (event.relatedTarget) left = null;
  });
  document.addEventListener("pointerdown", () => {
    left = null;
  });
  new MutationObserver(() => {
    if (left === null || document.activeElement !== document.body || !left.isConnected) return;
    left.querySelector("button:enabled")?.focus({ preventScroll: true });
  }).observe(document.body, { childList: true, subtree: true });
})();
