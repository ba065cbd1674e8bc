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

setTimeout(refresh, PERIOD);
