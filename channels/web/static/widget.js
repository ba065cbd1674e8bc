(function (settings) {
  "use strict";

  const script = document.currentScript;
  const base = script.src.replace(/\/widget\.js.*$/, "");
  const origin = new URL(base).origin;
  const wanted = (script.dataset.language || document.documentElement.lang || "").toLowerCase().split("-")[0];
  const language = wanted in settings.texts ? wanted : Object.keys(settings.texts)[0];
  const texts = settings.texts[language];
  const LOWEST = 320;
  let frame;

  // Styles are set one by one, which no content security policy forbids, inside a shadow tree, which no style sheet of the
  // site reaches.
  const dress = (element, styles) => Object.assign(element.style, styles) && element;
  const font = "600 17px/1.3 system-ui, sans-serif";

  const host = dress(document.createElement("div"), { all: "initial", position: "fixed", right: "20px", bottom: "20px", zIndex: "2147483000" });
  const root = host.attachShadow({ mode: "open" });

  const opener = dress(document.createElement("button"), {
    font, padding: "13px 24px", border: "2px solid " + settings.ink, borderRadius: "999px", cursor: "pointer",
    background: settings.ground, color: settings.ink, boxShadow: "0 2px 12px rgb(0 0 0 / .3)",
  });
  opener.type = "button";
  opener.textContent = texts.help;
  opener.setAttribute("aria-haspopup", "dialog");
  opener.setAttribute("aria-expanded", "false");

  const panel = dress(document.createElement("div"), {
    display: "none", flexDirection: "column", overflow: "hidden", width: "min(440px, calc(100vw - 24px))",
    maxHeight: "calc(100vh - 40px)", borderRadius: "12px", background: settings.ground, boxShadow: "0 6px 32px rgb(0 0 0 / .4)",
  });
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", settings.name);

  const bar = dress(document.createElement("div"), {
    display: "flex", alignItems: "center", justifyContent: "space-between", gap: "12px", padding: "8px 8px 8px 20px",
    font, color: settings.ink,
  });
  const name = document.createElement("span");
  name.textContent = settings.name;
  const closer = dress(document.createElement("button"), {
    font, padding: "7px 14px", border: "1px solid currentcolor", borderRadius: "8px", cursor: "pointer", background: "transparent", color: "inherit",
  });
  closer.type = "button";
  closer.textContent = texts.close;
  bar.append(name, closer);
  panel.append(bar);
  root.append(panel, opener);

  function open() {
    if (!frame) {
      frame = dress(document.createElement("iframe"), { width: "100%", height: "600px", minHeight: "0", border: "0", background: "Canvas" });
      frame.title = texts.help + ": " + settings.name;
      frame.src = base + "/?embed=" + encodeURIComponent(location.origin) + "&lang=" + language;
      panel.append(frame);
    }
    show(true);
    closer.focus();
  }

  function close() {
    show(false);
    opener.focus();
  }

  function show(visible) {
    panel.style.display = visible ? "flex" : "none";
    opener.style.display = visible ? "none" : "";
    opener.setAttribute("aria-expanded", String(visible));
  }

  opener.addEventListener("click", open);
  closer.addEventListener("click", close);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  addEventListener("message", (event) => {
    if (event.origin !== origin || !frame || event.source !== frame.contentWindow || !event.data) return;
    if (event.data.relevo === "close") close();
    if (event.data.relevo === "height" && Number.isFinite(event.data.height)) {
      frame.style.height = Math.max(LOWEST, Math.ceil(event.data.height)) + "px";
    }
  });

  document.body.append(host);
})
