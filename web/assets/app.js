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

// What is wrong is read out and seen first.
document.querySelector(".errors")?.focus();
