// What makes the pages more comfortable. Everything works without it.
"use strict";

(() => {
  const FIRST_LOOK = 5_000;
  const LAST_LOOK = 60_000;

  function start() {
    document.getElementById("problems")?.focus();
    document.getElementById("writing")?.addEventListener("submit", sendWithProgress);
    tellHeight();
    // The address is not to say for ever that something was just sent.
    const address = new URL(location.href);
    if (address.searchParams.has("sent")) {
      address.searchParams.delete("sent");
      history.replaceState(null, "", address);
    }
  }

  // Files on their way: how much of them has left.

  function sendWithProgress(event) {
    const form = event.target;
    const files = form.querySelector("input[type=file]");
    if (event.submitter?.name || !files?.files.length) return;
    event.preventDefault();
    const box = form.querySelector(".uploading");
    const button = form.querySelector(".send");
    const request = new XMLHttpRequest();
    const show = (share) => {
      const percent = Math.round(100 * share);
      box.querySelector("progress").value = percent;
      const text = box.querySelector("p");
      // Said aloud: every tenth is enough.
      if (percent % 10 === 0 || !text.textContent) text.textContent = box.dataset.text.replace("{percent}", percent);
    };
    const fail = (text) => {
      box.hidden = true;
      button.disabled = false;
      complain(form, text);
    };
    request.upload.addEventListener("progress", (sent) => sent.lengthComputable && show(sent.loaded / sent.total));
    request.addEventListener("load", () => arrived(request, form, fail));
    request.addEventListener("error", () => fail(box.dataset.failed));
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    request.send(new FormData(form));
    box.hidden = false;
    button.disabled = true;
    show(0);
  }

  function arrived(request, form, fail) {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    if (request.status === 200 && new URL(request.responseURL).pathname !== new URL(form.action).pathname) {
      location.assign(request.responseURL);
    } else if (page.getElementById("writing")) {
      document.title = page.title;
      document.body.replaceWith(document.adoptNode(page.body));
      start();
    } else {
      fail(page.querySelector("main")?.textContent.trim() || form.querySelector(".uploading").dataset.failed);
    }
  }

  function complain(form, text) {
    document.getElementById("problems")?.remove();
    const notice = document.createElement("div");
    notice.id = "problems";
    notice.className = "notice";
    notice.tabIndex = -1;
    notice.setAttribute("role", "alert");
    notice.append(Object.assign(document.createElement("p"), { textContent: text }));
    form.before(notice);
    notice.focus();
  }

  // News about a request: looked for while somebody looks, less and less often.

  let pause = FIRST_LOOK;
  let timer;

  async function look() {
    const live = document.getElementById("live");
    try {
      const response = await fetch(live.dataset.poll, { headers: { Accept: "text/html" } });
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.getElementById("live");
      if (!fresh || fresh.dataset.version === live.dataset.version) return;
      live.replaceWith(document.adoptNode(fresh));
      const news = document.getElementById("news");
      news.textContent = news.dataset.text;
      pause = FIRST_LOOK;
    } catch {
      // Offline, most likely: the next look may succeed.
    }
  }

  function wait() {
    clearTimeout(timer);
    if (!document.getElementById("live") || document.hidden) return;
    timer = setTimeout(async () => {
      pause = Math.min(LAST_LOOK, pause * 1.5);
      await look();
      wait();
    }, pause);
  }

  document.addEventListener("visibilitychange", () => {
    pause = FIRST_LOOK;
    wait();
  });

  // Within another site's page: that site is told how high this one is, and when it is to be closed.

  function tellHeight() {
    const site = document.body.dataset.parent;
    if (!site || window.parent === window) return;
    const tell = (message) => window.parent.postMessage(message, site);
    new ResizeObserver(() => tell({ relevo: "height", height: document.body.scrollHeight })).observe(document.body);
    document.addEventListener("keydown", (event) => event.key === "Escape" && tell({ relevo: "close" }));
  }

  start();
  wait();
})();
