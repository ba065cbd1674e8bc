// Turns a fault on without leaving the page.
"use strict";

document.getElementById("faults").addEventListener("submit", async (event) => {
  event.preventDefault();
  const fault = event.submitter.value;
  document.activeElement.blur();
  const headers = { "Content-Type": "application/json" };
  await fetch("/faults", { method: "POST", headers, body: JSON.stringify({ fault }) });
  for (const button of event.target.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === fault));
  }
});
