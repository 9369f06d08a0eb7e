const MARGIN = 8; // pixels to the edge of the window and to the term
const PATIENCE = 150; // milliseconds to get from the term into its definition

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".definition");
  // Called again with other data, in another language; what listens stays.
  [box.anchor, box.definitions] = data;
  if (box.stop) return box.stop;
  let term = null;
  let timer = 0;

  const termOf = (event) => event.target.closest?.(`a[href^="${box.anchor}"]`);
  const hide = () => {
    clearTimeout(timer);
    term?.removeAttribute("aria-describedby");
    term = null;
    box.hidden = true;
  };
  const show = (link) => {
    const said = box.definitions[link.getAttribute("href").slice(box.anchor.length)];
    if (!said) return;
    hide();
    term = link;
    box.textContent = said;
    box.hidden = false;
    term.setAttribute("aria-describedby", box.id);
    const at = term.getClientRects()[0]; // the first line, if the term is broken over two
    const { offsetWidth: width, offsetHeight: height } = box;
    const left = Math.min(at.left, innerWidth - width - MARGIN);
    const below = at.bottom + MARGIN / 2;
    box.style.left = `${Math.max(MARGIN, left)}px`;
    box.style.top =
      below + height > innerHeight - MARGIN ? `${at.top - height - MARGIN / 2}px` : `${below}px`;
  };
  const listeners = {
    mouseover(event) {
      const link = termOf(event);
      if (link) show(link);
      else if (box.contains(event.target)) clearTimeout(timer);
      else if (term && term !== document.activeElement) {
        clearTimeout(timer);
        timer = setTimeout(hide, PATIENCE);
      }
    },
    focusin(event) {
      const link = termOf(event);
      if (link) show(link);
      else hide();
    },
    click(event) {
      const link = termOf(event);
      if (link) {
        event.preventDefault(); // a term is no place to go to
        event.stopPropagation();
        link.focus();
        show(link);
      }
    },
    keydown(event) {
      if (event.key === "Escape" && term) {
        event.stopPropagation();
        hide();
      }
    },
    scroll: hide,
  };
  for (const [name, listener] of Object.entries(listeners)) {
    document.addEventListener(name, listener, true);
  }
  box.stop = () => {
    hide();
    delete box.stop;
    for (const [name, listener] of Object.entries(listeners)) {
      document.removeEventListener(name, listener, true);
    }
  };
  return box.stop;
}
