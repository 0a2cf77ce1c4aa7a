// The sign-up form on another site: put
//   <script src="https://letters.example.com/embed.js" data-list="weekly" async></script>
// where it shall stand. It looks as that page's own forms do, and sends no cookies.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script) return;
  const home = script.src.replace(/\/embed\.js(\?.*)?$/, "");
  const made = (tag, properties, ...inside) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inside);
    return element;
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

  const ask = async (language) => {
    const answer = await fetch(`${home}/subscribe/challenge?language=${encodeURIComponent(language)}`, { credentials: "omit" });
    return answer.json();
  };

  const begin = async () => {
    const language = script.dataset.language || document.documentElement.lang || "";
    const plain = made("p", {}, made("a", { href: `${home}/subscribe`, rel: "noopener" }, script.dataset.words || "Subscribe"));
    let first;
    try {
      first = await ask(language);
    } catch {
      script.after(plain); // the site may not embed the form, or the server is down
      return;
    }
    const messages = first.messages;
    const input = made("input", { type: "email", name: "email", required: true, autocomplete: "email", dir: "ltr" });
    const trap = made("input", { name: "website", tabIndex: -1, autocomplete: "off" });
    const hidden = made("label", { ariaHidden: "true" }, messages.leave_empty, trap);
    Object.assign(hidden.style, { position: "absolute", left: "-9999px" });
    const button = made("button", { type: "submit" }, messages.subscribe);
    const status = made("p", { role: "status" });
    const form = made("form", { className: "newsletter-form" },
      made("label", {}, messages.email, " ", input), hidden, " ", button, made("p", {}, messages.promise), status);

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      status.textContent = messages.working;
      try {
        const fields = new URLSearchParams({ email: input.value, website: trap.value, language, shown: first.shown });
        for (const name of (script.dataset.list || "").split(",").filter(Boolean)) fields.append("list", name);
        const { challenge, difficulty } = await ask(language);
        if (challenge && window.crypto && crypto.subtle) {
          fields.set("challenge", challenge);
          fields.set("solution", await solve(challenge, difficulty));
        }
        const answer = await fetch(`${home}/subscribe`, {
          method: "POST", body: fields, credentials: "omit", headers: { Accept: "application/json" },
        });
        const reply = await answer.json();
        status.textContent = reply.message;
        if (answer.ok) form.replaceChildren(made("p", {}, made("strong", {}, reply.title)), status);
      } catch {
        status.replaceChildren(plain);
      }
      button.disabled = false;
    });
    script.after(form);
  };
  begin();
})();
