const SHOWN_FOR = 2500; // milliseconds

/** Write to the clipboard, with or without the browser's permission; whether that succeeded. */
async function copy(text, input) {
  try {
    await navigator.clipboard.writeText(text); // missing on plain http
    return true;
  } catch {
    input.focus();
    input.select();
    return document.execCommand("copy"); // deprecated, and the only way there
  }
}

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".share");
  if (!place.firstChild) {
    place.innerHTML = `
      <button type="button"><span class="icon" aria-hidden="true">link</span><span class="label"></span></button>
      <div class="field" hidden>
        <label><span></span><input readonly></label>
        <label class="lock"><input type="checkbox"><span></span></label>
        <div class="code" role="img" hidden></div>
      </div>
      <div class="said" role="status"></div>`;
  }
  // Streamlit calls this again when the address is another one, and ends only the last call.
  place.stop?.();
  const [button, field, said] = place.children;
  const [icon, label] = button.children;
  const input = field.querySelector("input");
  const said_above = field.querySelector("span");
  const lock = field.querySelector("[type=checkbox]");
  const code = field.querySelector(".code");
  let timer = 0;

  const rest = () => {
    clearTimeout(timer);
    icon.textContent = "link";
    label.textContent = data.label;
    button.classList.remove("copied");
    said.textContent = "";
  };
  const close = () => {
    field.hidden = true;
  };

  // The address that the browser shows, without what is the visitor's own; locked, if that is asked
  // for.
  const address = () => {
    const url = new URL(window.location.href);
    const own = data.private.filter((name) => url.searchParams.has(name));
    for (const name of own) url.searchParams.delete(name);
    if (lock.checked) url.searchParams.set("lock", "true");
    return own.length || lock.checked ? url.href : window.location.href;
  };
  const showCode = () => {
    code.hidden = !data.qr || data.address !== address();
    if (!code.hidden && code.dataset.address !== data.address) {
      code.innerHTML = data.qr; // an SVG of the server's, without a word of the address in it
      code.dataset.address = data.address;
    }
  };

  if (field.hidden) rest();
  showCode();
  code.setAttribute("aria-label", data.code);
  button.title = data.help;
  lock.nextElementSibling.textContent = data.lock;
  lock.parentElement.hidden = new URLSearchParams(window.location.search).has("lock");
  const share = async (focused) => {
    input.value = address();
    said_above.textContent = data.fallback;
    showCode();
    const done = await copy(input.value, input);
    if (code.hidden) setTriggerValue("shared", input.value);
    if (!done) return; // the field stays, selected
    said_above.textContent = data.copied;
    focused.focus();
    rest();
    icon.textContent = "check";
    label.textContent = said.textContent = data.copied;
    button.classList.add("copied");
    timer = setTimeout(rest, SHOWN_FOR);
  };
  button.onclick = () => {
    if (!field.hidden) return close();
    lock.checked = false;
    field.hidden = false; // what is hidden cannot be selected
    return share(button);
  };
  lock.onchange = () => share(lock);
  place.onkeydown = (event) => {
    if (event.key === "Escape" && !field.hidden) {
      close();
      button.focus();
      event.stopPropagation();
    }
  };
  const outside = (event) => {
    if (!event.composedPath().includes(place)) close();
  };
  document.addEventListener("pointerdown", outside);
  place.stop = () => document.removeEventListener("pointerdown", outside);
  return () => {
    clearTimeout(timer);
    place.stop();
  };
}
