// Keeps the token of a seat in a room, or the key of a room that was opened here, for this tab alone,
// so that a page that is reloaded is still the same visitor's.

export default function ({ data: [{ room, seat, key }], setTriggerValue }) {
  const name = `room: ${room}`;
  let kept = {};
  try {
    kept = JSON.parse(sessionStorage.getItem(name)) ?? {};
  } catch {
    // Storage is switched off, or somebody wrote something else.
  }
  const now = { room, seat: seat || kept.seat || "", key: key || kept.key || "" };
  try {
    sessionStorage.setItem(name, JSON.stringify(now));
  } catch {
    // Nothing is kept, then.
  }
  if (now.seat !== seat || now.key !== key) setTriggerValue("kept", now);
}
