// The sign-up form with scripts: asks for a task at the last moment, and solves it where there is one.
// Without scripts the form works all the same; while the door is attacked its mail only comes later.
(() => {
  "use strict";
  const form = document.querySelector("form.signup");
  if (!form || !window.fetch) return;
  const button = form.querySelector("button");

  const put = (name, value) => {
    let field = form.elements.namedItem(name);
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      form.append(field);
    }
    field.value = value;
  };

  const solve = async (task, bits) => {
    const encoder = new TextEncoder();
    for (let number = 0; ; number += 256) {
      const tries = Array.from({ length: 256 }, (_, index) =>
        crypto.subtle.digest("SHA-256", encoder.encode(`${task}.${number + index}`)));
      const found = (await Promise.all(tries)).findIndex(
        (digest) => new DataView(digest).getUint32(0) >>> (32 - bits) === 0);
      if (found >= 0) return number + found;
    }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    button.textContent = form.dataset.working;
    try {
      const answer = await fetch(form.dataset.task, { credentials: "omit" });
      const { task, bits } = await answer.json();
      if (task && window.crypto && crypto.subtle) {
        put("task", task);
        put("solution", await solve(task, bits));
      }
    } catch { /* then the form is sent as it is */ }
    form.submit();
  });

  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // or the button would stay as it was left
  });
})();
