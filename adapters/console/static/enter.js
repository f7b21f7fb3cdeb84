// Takes the key out of this page's own address at once, so that it stands in no history, and hands it over for a cookie.
(() => {
  "use strict";
  const field = document.getElementById("key");
  const form = field.form;

  async function enter(key) {
    const answer = await fetch("/enter", {
      method: "POST",
      headers: { "X-Lightkeeper-Token": form.dataset.token },
      body: new URLSearchParams({ key }),
    }).catch(() => null);
    if (answer && answer.ok) location.replace("/");
    else if (answer && answer.status === 403) location.reload();
    else document.getElementById("problem").hidden = false;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    enter(field.value.trim());
  });
  // Also for a link that is opened where this page stands already, which doesn't load it anew.
  function enterByLink() {
    if (location.hash.length < 2) return;
    const key = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", "/enter");
    enter(key);
  }
  window.addEventListener("hashchange", enterByLink);
  enterByLink();
})();
