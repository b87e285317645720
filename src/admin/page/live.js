"use strict";
// Keeps an open page up to date and counts ticked rows. The page works without it, too: by links and forms.
(() => {
  const EVERY = 2000;
  const LONGEST = 30000;
  const news = document.querySelector("[data-news]");
  const sign = document.querySelector("[data-live-sign]");
  const seen = new Map();
  const edited = new Set();
  let pause = EVERY;
  let timer = 0;
  let looking = false;
  let over = false;
  let held = null;

  const regions = () => [...document.querySelectorAll("[data-live]")];
  const boxes = () => [...document.querySelectorAll("[data-rows] input[name=id]")];
  const ticked = () => boxes().filter((box) => box.checked);
  // Not node.id: in a form that is its field named id.
  const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE && node.getAttribute("id")) || "";
  const say = (words) => { if (news.textContent !== words) news.textContent = words; };

  // Changes only the nodes that differ, so that focus, ticks, open details and selected text survive.
  function morph(old, fresh) {
    if (old.nodeType !== Node.ELEMENT_NODE && old.data !== fresh.data) old.data = fresh.data;
    if (old.nodeType !== Node.ELEMENT_NODE || old.hasAttribute("data-keep") || old.isEqualNode(fresh)) return;
    // What the reader has opened stays open.
    const changeable = ({ name }) => name !== "open" || old.nodeName !== "DETAILS";
    for (const { name } of [...old.attributes].filter(changeable)) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of [...fresh.attributes].filter(changeable)) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    const wanted = [...fresh.childNodes];
    const staying = new Set(wanted.map(keyOf).filter(Boolean));
    const known = new Map([...old.childNodes].map((node) => [keyOf(node), node]));
    let here = old.firstChild;
    const step = () => { const passed = here; here = here.nextSibling; return passed; };
    for (const next of wanted) {
      const match = keyOf(next) && known.get(keyOf(next));
      while (here && keyOf(here) && !staying.has(keyOf(here))) step().remove();
      while (match && here && here !== match && !keyOf(here)) step().remove();
      if (match && match !== here) old.insertBefore(match, here);
      const alike = here && !keyOf(next) && !keyOf(here) && here.nodeName === next.nodeName;
      const same = match || (alike && here);
      if (same && same === here) step();
      if (same) morph(same, next);
      else old.insertBefore(document.importNode(next, true), here).classList?.toggle("fresh", next.nodeName === "TR");
    }
    while (here) step().remove();
  }

  function inUse(region) {
    const selection = document.getSelection();
    if (!selection.isCollapsed && selection.containsNode(region, true)) return true;
    return edited.has(region.dataset.live) || region.querySelector("input:not([type=checkbox]):focus, select:focus") !== null;
  }

  // Rows must not move under the reader's eye, pointer or finger.
  function isReading(list) {
    const body = list.querySelector("tbody");
    return body !== null && (window.scrollY > 8 || ticked().length > 0 || body.matches(":hover, :focus-within"));
  }

  function updateList(list, fresh) {
    if (!isReading(list)) return showList(list, fresh);
    const rows = [...fresh.querySelectorAll("tbody > tr")];
    const old = (row) => document.getElementById(row.id);
    rows.filter(old).forEach((row) => morph(old(row), row));
    held = fresh;
    offer(rows.some(old) ? rows.findIndex(old) : rows.length);
  }

  function showList(list, fresh) {
    held = null;
    say("");
    seen.set("list", fresh.outerHTML);
    morph(list, fresh);
  }

  function offer(n) {
    const words = n === 1 ? news.dataset.newOne : news.dataset.newMany.replace("{n}", String(n));
    if (n === 0 || news.textContent === words) return say(n === 0 ? "" : words);
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button primary", textContent: words });
    button.addEventListener("click", () => {
      if (held) showList(document.querySelector('[data-live="list"]'), held);
      window.scrollTo({ top: 0 });
      document.getElementById("content").focus({ preventScroll: true });
      count();
    });
    news.replaceChildren(button);
  }

  function update(page) {
    for (const region of regions()) {
      const name = region.dataset.live;
      const fresh = page.querySelector(`[data-live="${name}"]`);
      if (!fresh || inUse(region) || (seen.get(name) === fresh.outerHTML && !(name === "list" && held))) continue;
      if (name === "list") { updateList(region, fresh); continue; }
      seen.set(name, fresh.outerHTML);
      morph(region, fresh);
    }
    count();
    showCopies();
  }

  async function look() {
    clearTimeout(timer);
    if (looking || over || regions().length === 0 || document.visibilityState !== "visible") return;
    looking = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(10000) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      over = page.body.dataset.page === "sign_in";
      if (!answer.ok || page.body.dataset.page !== document.body.dataset.page) throw new Error(String(answer.status));
      if (pause !== EVERY) say("");
      pause = EVERY;
      sign.hidden = false;
      update(page);
    } catch {
      pause = Math.min(pause * 2, LONGEST);
      sign.hidden = true;
      say(over ? news.dataset.signedOut : news.dataset.lost);
    }
    looking = false;
    timer = setTimeout(look, pause);
  }

  function count() {
    const bar = document.querySelector("[data-selection]");
    if (!bar) return;
    const [n, rows] = [ticked().length, boxes().length];
    const all = document.querySelector("[data-select-all]");
    all.hidden = rows === 0;
    Object.assign(all.querySelector("input"), { checked: n > 0 && n === rows, indeterminate: n > 0 && n < rows });
    bar.hidden = n === 0;
    bar.querySelector("[data-selection-count]").textContent = bar.dataset.words.replace("{n}", String(n));
  }

  document.addEventListener("input", ({ target }) => {
    const region = target.closest("[data-live]");
    if (region && target.type !== "checkbox") edited.add(region.dataset.live);
    // A span of one's own takes the place of a ready-made one.
    if (target.type === "datetime-local") target.form.elements.period.value = "";
    if (target.closest("[data-select-all]")) boxes().forEach((box) => { box.checked = target.checked; });
    count();
  });
  // Without a secure origin there is no clipboard; then the text is selected, to be copied by hand.
  async function copy(button) {
    const words = button.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.copied;
    } catch {
      button.textContent = button.dataset.copy;
      document.getSelection().selectAllChildren(button);
      return;
    }
    setTimeout(() => { button.textContent = words; }, 2000);
  }
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-copy]");
    if (button) copy(button);
  });
  const showCopies = () => document.querySelectorAll("[data-copy][hidden]").forEach((button) => { button.hidden = false; });
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", count);
  regions().forEach((region) => seen.set(region.dataset.live, region.outerHTML));
  sign.hidden = regions().length === 0;
  timer = setTimeout(look, EVERY);
  count();
  showCopies();
})();
