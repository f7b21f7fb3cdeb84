// What the page needs beyond htmx: keep a reader's place over a refresh, keys for the queue, tabs on a phone.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const queue = () => byId("queue-list");

  // A refresh changes only what is different (a click under way is not lost, focus and selection stay); what a reader
  // opened stays open, what they chose or wrote stays, and revealed words stay until the page is left.
  const callbacks = Idiomorph.defaults.callbacks;
  const isKept = (node) => node.classList?.contains("words-place") || node.id === "lost" || isWritten(node);
  const isWritten = (node) => node.matches?.("textarea, input[type=text]");
  callbacks.beforeNodeMorphed = (node) => !isKept(node);
  callbacks.beforeAttributeUpdated = (name, node) =>
    !(name === "open" || (name === "disabled" && node.classList.contains("htmx-request")));

  let chosen = [];
  let end = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const messages = byId("messages");
    const sent = event.detail.requestConfig?.elt;
    if (event.detail.xhr.status === 200 && sent?.matches?.("#queue form")) empty(sent);
    if (sent && !sent.isConnected && event.target.id === "queue") bringBack(sent);
    chosen = [...document.querySelectorAll("#queue-list select")].map((each) => [each.id, each.value]);
    const isAtEnd = messages && messages.scrollHeight - messages.scrollTop - messages.clientHeight < 60;
    end = { isAtEnd, channel: messages && messages.getAttribute("aria-label") };
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const seen = event.target.matches(".words-place") && event.target.querySelector("mark");
    if (seen) seen.scrollIntoView({ block: "nearest" });
    for (const [id, value] of chosen) if (byId(id)) byId(id).value = value;
    openPins();
    const messages = byId("messages");
    if (messages && end && (end.isAtEnd || end.channel !== messages.getAttribute("aria-label"))) {
      messages.scrollTop = messages.scrollHeight;
    }
    tell();
  });

  // A short word on what was done goes by itself; a refusal, and what is longer to read, stay until they are dismissed.
  const SHORT_CHARS = 80;
  const SHOWN_MS = 8000;
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const said = event.target.id === "said" && event.target.querySelector(".said:not(.refused)");
    if (said && said.textContent.trim().length < SHORT_CHARS) setTimeout(() => said.remove(), SHOWN_MS);
  });

  // A refresh may overtake a click and take its button away. What the button inherits, that its answer is morphed in and
  // not put in place of everything that was revealed, is known again once it is back; the answer takes it away for good.
  function bringBack(sent) {
    sent.hidden = true;
    sent.removeAttribute("id");
    byId("queue").append(sent);
  }

  // What was sent with success is no draft any more; what was refused stays to be sent again.
  function empty(form) {
    form.reset();
    form.closest("details:not(.orders)")?.removeAttribute("open");
  }

  // When the button that had the focus is gone (a claimed case has no Claim), the focus goes to its case.
  let focused = null;
  document.addEventListener("focusin", (event) => {
    focused = event.target.closest("#queue") ? event.target.closest(".case")?.id || "queue" : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (focused && document.activeElement === document.body) (byId(focused) || byId("queue")).focus({ preventScroll: true });
  });

  // Counts for the tab, and one sentence for screen readers, only when it changed.
  function tell() {
    const list = queue();
    if (!list) return;
    const tab = byId("tab-count");
    if (tab) tab.textContent = list.dataset.count === "0" ? "" : list.dataset.count;
    if (byId("summary").textContent !== list.dataset.summary) byId("summary").textContent = list.dataset.summary;
    document.title = (list.dataset.count === "0" ? "" : `(${list.dataset.count}) `) + "Lightkeeper";
  }

  // j and k move through the queue, c claims, s shows: only while the focus is in the queue and not in a field.
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "text" && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      event.target.form.requestSubmit();
      return;
    }
    if (event.key === "Escape") {
      byId("said").replaceChildren();
      closePrivate();
    }
    if (event.ctrlKey || event.altKey || event.metaKey || !event.target.closest("#queue")) return;
    if (event.target.matches("select, input, textarea")) return;
    const cases = [...document.querySelectorAll("#queue-list .case")];
    const at = cases.indexOf(event.target.closest(".case"));
    const press = (verb) => at >= 0 && byId(`${verb}-${cases[at].dataset.case}`)?.click();
    if (event.key === "j") cases[Math.min(at + 1, cases.length - 1)]?.focus();
    else if (event.key === "k") cases[Math.max(at - 1, 0)]?.focus();
    else if (event.key === "c") press("claim");
    else if (event.key === "s") press("show");
    else return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) byId("said").replaceChildren();
    if (event.target.closest("[data-close-private]")) closePrivate();
    const copy = event.target.closest("[data-copy]");
    if (copy) copyBlank(copy);
    const tab = event.target.closest("[data-show]");
    if (tab) show(tab.dataset.show);
    const link = event.target.closest("[data-case-link]");
    if (link) {
      event.preventDefault();
      show("queue");
      const wanted = byId(link.hash.slice(1)) || byId("queue");
      wanted.scrollIntoView({ block: "start" });
      wanted.focus({ preventScroll: true });
    }
  });
  function show(pane) {
    document.body.dataset.pane = pane;
    for (const each of document.querySelectorAll("[data-show]")) {
      each.setAttribute("aria-pressed", String(each.dataset.show === pane));
    }
    if (pane === "chat") showEnd();
  }
  function showEnd() {
    const messages = byId("messages");
    if (messages) messages.scrollTop = messages.scrollHeight;
  }

  // What only one member sees goes at once when they close it: somebody may be looking over their shoulder.
  function closePrivate() {
    const panel = byId("private");
    if (!panel?.firstElementChild) return;
    panel.replaceChildren();
    panel.removeAttribute("data-page");
    byId("text")?.focus({ preventScroll: true });
    showEnd();
  }

  // The words stay selected, so that they can be copied by hand where a browser does not let a page do it.
  async function copyBlank(button) {
    const blank = button.parentElement.querySelector(".blank");
    getSelection().selectAllChildren(blank);
    try {
      await navigator.clipboard.writeText(blank.textContent);
      button.textContent = button.dataset.copied;
    } catch {
      blank.focus();
    }
  }

  // When the console is away or answers with an error, say so.
  function lost(words) {
    const line = byId("lost");
    if (!line) return;
    line.textContent = words;
    line.hidden = !words;
  }
  document.addEventListener("htmx:sseError", () => lost(document.body.dataset.lost));
  document.addEventListener("htmx:sseOpen", () => lost(""));
  document.addEventListener("htmx:afterRequest", (event) => {
    const line = byId("lost");
    const isOver = event.detail.successful && event.detail.requestConfig.verb === "post";
    if (isOver && line?.textContent === document.body.dataset.wrong) lost("");
  });
  document.addEventListener("htmx:responseError", (event) => {
    if ([401, 403].includes(event.detail.xhr.status)) location.reload();
    else lost(document.body.dataset.wrong);
  });

  // Where there is room, the card with help stands open at the top of its channel, until somebody closes it.
  const opened = new WeakSet();
  function openPins() {
    if (!matchMedia("(min-width: 861px)").matches) return;
    for (const pin of document.querySelectorAll("[data-open-wide]")) {
      if (!opened.has(pin)) pin.open = true;
      opened.add(pin);
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    openPins();
    showEnd();
    if (location.hash.startsWith("#m-")) show("chat");
    tell();
  });
})();
