// Keeps the token of the run on screen and the step that it has reached, for this tab alone, and
// tells the server when the page has another run than before: it was reloaded, or the server was
// started again, or the session had ended meanwhile. Redraws cost nothing: the step is read from
// the page now and then. Where a run plays and no step has come for long, although nothing has told
// the browser that the connection is gone, says that the server is silent.

const EVERY = 500; // milliseconds
// Fewer steps are not worth a word.
const LEAST = 10;
// Milliseconds without a step, in a page that is seen, until the server counts as silent. The longest
// step that is allowed takes less, beside others as large.
const SILENT = 15_000;
// How often in a row a step has come, beside a button that says Run, until the button counts as out
// of date: on a busy server Streamlit drops the end of a run of the page, and with it the buttons, if
// a redraw is asked for in that moment.
const OUTDATED = 4;
const ICON = ".st-key-run [data-testid=stIconMaterial]";
const STEP = ".st-key-readouts [data-testid=stMetricValue]";

/** The address without the language, in one order. */
function address() {
  const parameters = new URLSearchParams(window.location.search);
  parameters.delete("lang");
  parameters.sort();
  return parameters.toString();
}

export default function ({ data: [{ key, run, silence }], parentElement, setTriggerValue }) {
  const note = parentElement.querySelector(".silence");
  // Streamlit calls this again when the run is another one, and ends only the last call: the timer
  // of the one before would go on to keep the run before.
  note.stop?.();
  const name = `run: ${key}`;
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(name));
  } catch {
    // Storage is switched off, or somebody wrote something else.
  }
  const keep = (step) => {
    try {
      sessionStorage.setItem(name, JSON.stringify({ run, step, address: address() }));
    } catch {
      // Nothing is kept, then.
    }
  };

  if (kept?.run !== run) {
    keep(0);
    // Another link in the same tab asks for another run.
    if (kept?.step >= LEAST && kept.address === address()) {
      setTriggerValue("returned", { run: kept.run, step: kept.step });
    }
  }

  // What is read counts once it has been read again as long as the token is the same: the step of
  // another run may be on screen before its token is here.
  let seen = null;
  let quiet = 0; // milliseconds
  let outdated = 0; // times in a row
  note.textContent = silence;
  note.hidden = true;
  const read = () => Number.parseInt(document.querySelector(STEP)?.textContent, 10);
  const timer = setInterval(() => {
    if (seen !== null) keep(seen);
    const step = Number.isNaN(read()) ? null : read();
    const waits = step !== null && step === seen && !document.hidden;
    const icon = document.querySelector(ICON)?.textContent;
    quiet = waits && icon === "pause" ? quiet + EVERY : 0;
    note.hidden = quiet < SILENT;
    const moves = step !== null && seen !== null && step !== seen;
    outdated = moves && icon === "play_arrow" ? outdated + 1 : 0;
    if (outdated === OUTDATED) setTriggerValue("outdated", step);
    seen = step;
  }, EVERY);
  const leave = () => {
    const step = read();
    if (!Number.isNaN(step)) keep(step);
  };
  window.addEventListener("pagehide", leave);
  note.stop = () => {
    clearInterval(timer);
    window.removeEventListener("pagehide", leave);
  };
  return () => note.stop();
}
