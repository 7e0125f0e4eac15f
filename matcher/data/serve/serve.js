"use strict";
// Keys, saving without leaving the page, and a look now and then at what others have decided. Everything here is a
// shortcut to a link or a form that works without it.
(() => {
  const live = document.getElementById("live");
  const words = document.body.dataset;
  let line = Promise.resolve(); // one action after another: a key pressed while a save runs waits for it
  let shown = 0;

  const say = (text, kind = "", hold = 6000) => {
    live.className = "notice " + kind;
    live.textContent = text;
    const mine = ++shown;
    if (hold) setTimeout(() => { if (mine === shown) live.textContent = ""; }, hold);
  };

  let turn = null; // what the key whose turn it is sets off; it is done before the next key's turn

  const then = (work) => {
    if (turn) { turn.push(work); return; }
    line = line.then(work).catch((fault) => { turn = null; say(`${words.notSaved}: ${fault.message}`, "bad", 0); });
  };

  const press = async (element) => {
    turn = [];
    element.click(); // its click and submit events run before this returns
    const set = turn;
    turn = null;
    for (const work of set) await work();
  };

  const faultOf = (page, answer, text) => {
    const found = page.querySelector("[data-fault]");
    return found ? found.textContent.trim() : text.slice(0, 200).trim() || String(answer.status);
  };

  const ask = async (address, options) => {
    let answer, text;
    try {
      answer = await fetch(address, { credentials: "same-origin", ...options });
      text = await answer.text();
    } catch {
      throw new Error(words.offline);
    }
    const page = new DOMParser().parseFromString(text, "text/html");
    if (!answer.ok) throw new Error(faultOf(page, answer, text));
    return { answer, page };
  };

  // Focus stays where it was, by key, when the page is drawn again.
  const keyOf = (element) => element?.closest?.("[data-key]")?.dataset.key;

  const swap = ({ answer, page }, push) => {
    const next = page.getElementById("page");
    if (!next) { location.assign(answer.url); return; }
    const scrolled = document.querySelector(".list ol")?.scrollLeft;
    const focused = keyOf(document.activeElement);
    document.getElementById("page").replaceWith(document.adoptNode(next));
    document.title = page.title;
    const address = new URL(answer.url);
    address.searchParams.delete("saved");
    history[push ? "pushState" : "replaceState"](null, "", address);
    const message = document.getElementById("message");
    if (message) {
      say(message.textContent, message.classList.contains("bad") ? "bad" : "good");
      message.remove();
    } else if (!live.classList.contains("bad")) live.textContent = "";
    prepare();
    const list = document.querySelector(".list ol");
    if (list && scrolled) list.scrollLeft = scrolled;
    if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    document.querySelector(".list [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  const visit = (address) => then(async () => {
    const unit = location.pathname;
    const came = await ask(address, {});
    swap(came, true);
    if (new URL(came.answer.url).pathname !== unit) scrollTo(0, 0);
  });

  const save = (form, button) => then(async () => {
    const body = new URLSearchParams(new FormData(form));
    if (button && button.name) body.set(button.name, button.value);
    live.className = "notice";
    live.textContent = words.saving;
    swap(await ask(form.getAttribute("action"), { method: "POST", body }), false);
  });

  const prepare = () => { document.querySelectorAll("[data-help]").forEach((button) => { button.hidden = false; }); };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]")) { document.getElementById("help").showModal(); return; }
    const link = event.target.closest("a[data-swap]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    visit(link.href);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-save]")) return;
    event.preventDefault();
    save(form, event.submitter);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const field = event.target.closest("input, textarea, select");
    if (field) {
      if (event.key === "Escape") field.blur();
      return;
    }
    if (document.getElementById("help").open) return;
    const key = event.key;
    if (key === "?") { event.preventDefault(); document.getElementById("help").showModal(); return; }
    if (!/^[a-z0-9/[\]]$/i.test(key)) return;
    if (!document.querySelector(`[data-key="${CSS.escape(key.toLowerCase())}"]`)) return;
    event.preventDefault();
    if (event.repeat && !/^[jk]$/i.test(key)) return; // a key held down must not decide twice
    // The element is looked up when its turn has come: the page may have been drawn again by then.
    then(() => {
      const wanted = document.querySelector(`[data-key="${CSS.escape(key.toLowerCase())}"]`);
      if (!wanted) return null;
      return wanted.matches("textarea, input") ? wanted.focus() : press(wanted);
    });
  });

  addEventListener("popstate", () => { if (document.querySelector(".review")) visit(location.href); });

  const look = async () => {
    const place = document.getElementById("changed");
    if (!place?.dataset.poll || document.hidden) return;
    const answer = await fetch(place.dataset.poll, { credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok || place !== document.getElementById("changed")) return;
    if ((await answer.json()).count === Number(place.dataset.count) || place.firstChild) return;
    const note = document.createElement("p");
    const link = document.createElement("a");
    note.className = "notice";
    link.href = location.href;
    link.dataset.swap = "";
    link.textContent = words.reload;
    note.append(`${words.changed} `, link);
    place.append(note);
    say(words.changed);
  };
  setInterval(look, 4000);
  document.addEventListener("visibilitychange", look);

  prepare();
  const message = document.getElementById("message");
  if (message) {
    const address = new URL(location.href);
    address.searchParams.delete("saved");
    history.replaceState(null, "", address);
  }
})();
