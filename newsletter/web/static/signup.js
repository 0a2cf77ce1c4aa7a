// The sign-up form with scripts: requests a challenge when it is sent, and solves it if there is one.
// Without scripts the form works all the same; while the server is under attack the email only comes later.
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

  const solve = async (challenge, difficulty) => {
    const encoder = new TextEncoder();
    for (let number = 0; ; number += 256) {
      const tries = Array.from({ length: 256 }, (_, index) =>
        crypto.subtle.digest("SHA-256", encoder.encode(`${challenge}.${number + index}`)));
      const found = (await Promise.all(tries)).findIndex(
        (digest) => new DataView(digest).getUint32(0) >>> (32 - difficulty) === 0);
      if (found >= 0) return number + found;
    }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    button.textContent = form.dataset.working;
    try {
      const answer = await fetch(form.dataset.challenge, { credentials: "omit" });
      const { challenge, difficulty } = await answer.json();
      if (challenge && window.crypto && crypto.subtle) {
        put("challenge", challenge);
        put("solution", await solve(challenge, difficulty));
      }
    } catch { /* then the form is sent as it is */ }
    form.submit();
  });

  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // or the button would stay as it was left
  });
})();
