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

export default function ({ data: [data], parentElement }) {
  const place = parentElement.querySelector(".share");
  if (!place.firstChild) {
    place.innerHTML = `
      <button type="button"><span class="icon" aria-hidden="true">link</span><span class="label"></span></button>
      <div class="field" hidden><label><span></span><input readonly></label></div>
      <div class="said" role="status"></div>`;
  }
  const [button, field, said] = place.children;
  const [icon, label] = button.children;
  const input = field.querySelector("input");
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

  rest();
  button.title = data.help;
  field.querySelector("span").textContent = data.fallback;
  button.onclick = async () => {
    input.value = window.location.href;
    field.hidden = false; // what is hidden cannot be selected
    const done = await copy(input.value, input);
    if (!done) return; // the field stays, selected
    close();
    button.focus();
    rest();
    icon.textContent = "check";
    label.textContent = said.textContent = data.copied;
    button.classList.add("copied");
    timer = setTimeout(rest, SHOWN_FOR);
  };
  place.onkeydown = (event) => {
    if (event.key === "Escape" && !field.hidden) {
      close();
      button.focus();
      event.stopPropagation();
    }
  };
  input.onblur = close;
  return () => clearTimeout(timer);
}
