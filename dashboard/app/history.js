/* One entry in the browser's history for a change of page. Streamlit makes two: the page's bare path
   first, and the address with the settings once the server has written it. Going back to the first
   would set everything to its default. */
(() => {
  if (window.ownHistory) return; // once a page, however often it is drawn
  window.ownHistory = true;

  let arriving = false;
  const push = history.pushState.bind(history);
  history.pushState = (state, unused, url) => {
    const [from, to] = [window.location, new URL(url ?? "", window.location.href)];
    const completes = arriving && to.pathname === from.pathname && from.search === "";
    arriving = to.pathname !== from.pathname && to.search === "";
    if (completes) history.replaceState(state, unused, url);
    else push(state, unused, url);
  };
  // Whatever a person does then, is a change of its own.
  for (const kind of ["pointerdown", "keydown", "popstate"]) {
    window.addEventListener(kind, () => (arriving = false), { capture: true });
  }
})();
