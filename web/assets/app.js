// Every page works without this.
"use strict";

// What can't be taken back is asked for once more; a form goes out once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  if (form.method === "post") form.dataset.sent = "yes";
});

// A page that comes back from the browser's memory can send again.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// A menu closes by Escape and by a touch outside.
const menu = document.querySelector(".menu");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu?.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});

// What is wrong is read out and seen first.
document.querySelector(".errors")?.focus();

// Whoever has begun to type into a line with suggestions takes one of them by Enter.
const choosingIn = (line) => line.list && line.value && ![...line.list.options].some((o) => o.value === line.value);

// Registration: what does not apply is hidden, Enter goes on to the next field, likely
// earlier cases are looked for on the way, and what was typed is kept.
const registration = document.querySelector("form[data-register]");
if (registration) {
  const typed = (name) => new FormData(registration).get(name) ?? "";
  const applies = (condition) => {
    const [, name, sign, value] = condition.match(/^(\w+)(!=|>=|=)(\w+)$/);
    if (sign === ">=") return Number(typed(name)) >= Number(value);
    return (typed(name) === value) === (sign === "=");
  };
  const arrange = () => {
    for (const part of registration.querySelectorAll("[data-when]")) {
      part.hidden = !applies(part.dataset.when) && !part.querySelector(".wrong");
      for (const control of part.querySelectorAll("input, select, textarea")) control.disabled = part.hidden;
    }
  };
  registration.addEventListener("input", arrange);
  arrange();

  document.getElementById("keys").hidden = false;
  registration.addEventListener("keydown", (event) => {
    const at = event.target;
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      registration.requestSubmit();
    } else if (at.matches("input") && !choosingIn(at)) {
      event.preventDefault();
      const all = [...registration.querySelectorAll("input, select, textarea, button")];
      all.slice(all.indexOf(at) + 1).find((c) => c.name !== at.name && c.checkVisibility() && (c.type !== "radio" || c.checked))?.focus();
    }
  });

  registration.addEventListener("keypress", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault(); // it never sends the form
  });

  const send = (address, extra, options) => {
    const body = new URLSearchParams(new FormData(registration));
    for (const name in extra) body.set(name, extra[name]);
    return fetch(address, { method: "POST", body, ...options });
  };
  const clues = ["petitioner.phone", "petitioner.identity", "title"];
  let searches = 0;
  registration.addEventListener("change", async (event) => {
    if (!clues.includes(event.target.name) || !event.target.value.trim()) return;
    const search = ++searches;
    const answer = await send("/cases/new/earlier").catch(() => null);
    const text = answer?.ok ? await answer.text() : "";
    if (!text || search !== searches) return; // a later one is on its way, or here
    const shown = document.getElementById("earlier");
    const found = document.createElement("div");
    found.innerHTML = text;
    for (const box of shown.querySelectorAll("[name=earlier]")) { // ticked or not while it was looked for
      const same = found.querySelector(`[name=earlier][value="${CSS.escape(box.value)}"]`);
      if (same) same.checked = box.checked;
      else if (box.checked) {
        if (!found.querySelector("ul")) found.replaceChildren(document.createElement("ul"));
        found.querySelector("ul").append(box.closest("li"));
      }
    }
    shown.replaceChildren(...found.childNodes);
  });

  // A draft is saved when something was typed: now and then, and when the page is left. What
  // outlives a page can't be longer than 64 KiB, so longer ones are saved while one types.
  const mostAtLeaving = 60000;
  const all = () => new URLSearchParams(new FormData(registration)).toString();
  const state = document.getElementById("draft-state");
  let last = all();
  let saving = new AbortController();
  registration.addEventListener("submit", () => saving.abort()); // it must not come after what deletes the draft
  const save = async (leaving) => {
    const now = all();
    if (now === last || registration.dataset.sent) return;
    last = now;
    saving.abort(); // an older one must not come after it
    saving = new AbortController();
    const answer = await send("/cases/new", { do: "draft" }, { redirect: "manual", keepalive: leaving && now.length < mostAtLeaving, signal: saving.signal }).catch(() => null);
    const saved = answer?.type === "opaqueredirect";
    if (!saved && now === last) last = "";
    else if (!saved) return; // a newer one says how it went
    state.textContent = saved ? state.dataset.saved + " " + new Date().toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" }) : state.dataset.failed;
  };
  setInterval(save, 20000, false);
  let soon;
  registration.addEventListener("input", () => {
    clearTimeout(soon);
    if (all().length >= mostAtLeaving) soon = setTimeout(save, 1000, false);
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save(true));
}

// A line for somebody or a unit of the directory suggests whom it may mean while one types.
const asked = new WeakMap(); // by line: its last question
document.addEventListener("input", (event) => {
  const line = event.target;
  if (!line.dataset.within) return;
  asked.get(line)?.abort();
  if ([...line.list.options].some((o) => o.value === line.value)) return; // chosen
  const question = new AbortController();
  asked.set(line, question);
  setTimeout(async () => {
    if (question.signal.aborted) return;
    const body = new URLSearchParams({ within: line.dataset.within, near: line.dataset.near, q: line.value });
    const answer = await fetch("/directory/suggestions", { method: "POST", body, signal: question.signal }).catch(() => null);
    const text = answer?.ok && !answer.redirected ? await answer.text() : "";
    if (text && !question.signal.aborted) line.list.innerHTML = text;
  }, 150);
});

// Weights are added up as they are typed; the server adds them up again.
for (const lines of document.querySelectorAll("[data-sum]")) {
  const output = lines.querySelector("output");
  const add = () => {
    let sum = 0;
    for (const input of lines.querySelectorAll('[name$=".' + lines.dataset.sum + '"]')) sum += Math.round(100 * (parseFloat(input.value) || 0));
    output.value = sum / 100;
    output.classList.toggle("red", sum !== 10000);
  };
  lines.addEventListener("input", add);
  add();
}

// Lists: all of a page are ticked at once, and what is ticked is counted.
const choosing = document.querySelector(".choosing");
if (choosing?.querySelector(".chosen")) {
  const every = document.getElementById("every");
  const ticks = [...choosing.querySelectorAll("[name=case]")];
  const all = choosing.querySelector("[name=all]");
  const said = choosing.querySelector("output");
  const idle = said.textContent;
  const count = () => {
    const n = ticks.filter((t) => t.checked).length;
    every.checked = n === ticks.length;
    every.indeterminate = n > 0 && n < ticks.length;
    for (const t of ticks) t.disabled = !!all?.checked;
    every.disabled = !!all?.checked;
    said.textContent = all?.checked || !n ? idle : document.documentElement.lang === "en" ? n + " chosen" : "已选 " + n + " 件";
  };
  every.hidden = false;
  every.addEventListener("change", () => {
    for (const t of ticks) t.checked = every.checked;
  });
  choosing.addEventListener("change", count);
  window.addEventListener("pageshow", count);
}

// Parts that change by themselves are drawn anew, unless somebody is at them or wants
// nothing to move.
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
const busy = (part) =>
  document.hidden || still.matches || part.contains(document.activeElement) || !window.getSelection().isCollapsed || part.querySelector("form[data-sent]") !== null;
const redraw = async (part) => {
  if (!busy(part)) {
    const text = await fetch(window.location.href)
      .then((answer) => (answer.ok && !answer.redirected ? answer.text() : ""))
      .catch(() => "");
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById(part.id);
    if (fresh && !busy(part)) {
      part.replaceWith(fresh);
      part = fresh;
    }
  }
  if (part.dataset.live) setTimeout(redraw, part.dataset.live * 1000, part);
};
for (const part of document.querySelectorAll("[data-live]")) setTimeout(redraw, part.dataset.live * 1000, part);

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
