// Keeps the page fresh: fetches it again and replaces the parts marked data-live. Without this the page still works.
"use strict";

const PERIOD = 1500;
const silent = document.getElementById("silent");

async function refresh() {
  try {
    const response = await fetch(location.href, { signal: AbortSignal.timeout(PERIOD) });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const replacement = fresh.getElementById(part.id);
      const inUse = part.contains(document.activeElement);
      if (!inUse && replacement && replacement.innerHTML !== part.innerHTML) {
        part.replaceChildren(...replacement.childNodes);
      }
    }
    silent.hidden = true;
  } catch {
    silent.hidden = false;
  }
  setTimeout(refresh, PERIOD);
}

// Turns a fault on without leaving the page.
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

setTimeout(refresh, PERIOD);
