// Follows what happens: asks for the page again when something did, and swaps its main part. Nothing that is typed is
// lost: while a field of the main part is changed or has the focus, only a note is shown. Pages work without this.
"use strict";
(() => {
  const main = () => document.getElementById("main");
  const note = document.getElementById("live");
  if (!main() || !main().dataset.live || !window.EventSource || !window.DOMParser) return;
  const about = main().dataset.live;
  const pause = 1000 * Number(main().dataset.liveEvery || 2);
  const headers = { "x-habeas-follows": "1" };
  let source = null;
  let timer = 0;
  let last = Date.now();
  let missed = false;

  function changed(field) {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.type === "file") return field.files.length > 0;
    if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
    const options = [...field.options];
    if (options.some((one) => one.defaultSelected)) return options.some((one) => one.selected !== one.defaultSelected);
    return !field.multiple ? field.selectedIndex > 0 : options.some((one) => one.selected);
  }

  function busy() {
    const fields = main().querySelectorAll("input:not([type=hidden]):not([type=submit]), select, textarea");
    if ([...fields].some((one) => one === document.activeElement || changed(one))) return true;
    const chosen = window.getSelection();
    return Boolean(chosen && !chosen.isCollapsed && main().contains(chosen.anchorNode));
  }

  function place(element) {
    if (!element || !main().contains(element)) return null;
    if (element.id) return "#" + CSS.escape(element.id);
    if (element.tagName === "SUMMARY" && element.parentElement.id) return "#" + CSS.escape(element.parentElement.id) + " > summary";
    const href = element.getAttribute("href");
    return href ? 'a[href="' + CSS.escape(href) + '"]' : null;
  }

  function swap(fresh) {
    for (const one of main().querySelectorAll("details[id]")) {
      const same = fresh.querySelector("#" + CSS.escape(one.id));
      if (same) same.open = one.open;
    }
    const focused = place(document.activeElement);
    main().replaceWith(document.adoptNode(fresh));
    const again = focused && (main().matches(focused) ? main() : main().querySelector(focused));
    if (again) again.focus({ preventScroll: true });
    note.hidden = true;
    missed = false;
  }

  async function look() {
    timer = 0;
    last = Date.now();
    if (busy()) return hold();
    try {
      const options = { headers, cache: "no-store", credentials: "same-origin", redirect: "error" };
      const answer = await fetch(location.href, options);
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
      if (!fresh || fresh.dataset.live !== about) return;
      // Somebody may have begun to type while it was on its way.
      if (busy()) hold(); else swap(fresh);
    } catch {
      missed = true; // no connection, or nobody is signed in any more: what is shown stays
    }
  }

  function hold() {
    missed = true;
    note.hidden = false;
  }

  function soon() {
    if (!timer) timer = setTimeout(look, Math.max(300, last + pause - Date.now()));
  }

  function open() {
    if (source || document.hidden) return;
    source = new EventSource("/live" + (about === "all" ? "" : "?of=" + encodeURIComponent(about)));
    source.onmessage = soon;
    source.onerror = () => {
      // A browser comes again by itself after a lost connection, and gives up after a refusal.
      if (source && source.readyState === EventSource.CLOSED) {
        source = null;
        setTimeout(open, 60000);
      }
    };
  }

  function close() {
    if (source) source.close();
    source = null;
  }

  // A browser has six connections to one place for all of its windows: those that nobody sees give theirs back.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return close();
    open();
    soon();
  });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  for (const name of ["focusout", "change", "reset"]) {
    document.addEventListener(name, () => { if (missed) setTimeout(() => { if (missed && !busy()) soon(); }, 200); });
  }
  open();
})();
