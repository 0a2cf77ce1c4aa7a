// Reloads the page when a file changes, and says so when the preview has ended.
"use strict";

const state = document.getElementById("state");
const shown = document.documentElement.dataset.number;
const changes = new EventSource(`/changes?since=${shown}`);

changes.addEventListener("message", (change) => {
  if (change.data !== shown) {
    state.textContent = "Composing";
    location.reload();
  }
});
changes.addEventListener("open", () => { state.textContent = "Live"; state.className = "live"; });
changes.addEventListener("error", () => { state.textContent = "Ended"; state.className = "ended"; });
addEventListener("pagehide", () => changes.close());
