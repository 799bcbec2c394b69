// Everything that pages do by themselves. They are whole without it: it adds filters, search, copying, and the theme.
"use strict";
(() => {
  const one = (sel, from = document) => from.querySelector(sel);
  const all = (sel, from = document) => [...from.querySelectorAll(sel)];

  // theme: the system's, unless the reader chose one
  const root = document.documentElement;
  const recall = key => { try { return localStorage.getItem(key); } catch { return null; } };
  const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* a browser may forbid it; then it is forgotten */ } };
  const chosen = recall("iospec-theme");
  if (chosen) root.dataset.theme = chosen;
  one(".theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    keep("iospec-theme", root.dataset.theme);
  });

  // the menu of narrow screens
  const menu = one(".menu"), nav = one("#nav");
  menu.addEventListener("click", () => menu.setAttribute("aria-expanded", String(nav.classList.toggle("open"))));
  one("[aria-current]", nav)?.scrollIntoView({ block: "nearest" });

  // copying
  const copied = async text => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* pages from disk may lack the clipboard */ }
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const ok = document.execCommand("copy");
    area.remove();
    return ok;
  };
  document.addEventListener("click", async e => {
    const button = e.target.closest(".copy");
    if (!button) return;
    const ok = await copied(one("code", button.parentElement).textContent);
    button.textContent = ok ? "copied" : "select it";
    button.classList.toggle("done", ok);
    setTimeout(() => { button.textContent = "copy"; button.classList.remove("done"); }, 1600);
  });

  // a target inside a closed <details> is opened
  const openTarget = () => {
    const at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let d = at?.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
  };
  addEventListener("hashchange", openTarget);
  openTarget();

  // the matrix
  const matrix = one("#matrix");
  if (matrix) {
    const form = one(".filters"), shown = one(".shown"), hidden = document.createElement("style");
    document.head.append(hidden);
    const columns = all("thead .col", matrix);
    const filter = () => {
      const f = Object.fromEntries(new FormData(form));
      const words = f.text.toLowerCase().split(/\s+/).filter(Boolean);
      const visible = columns.map(c => (!f.server || c.dataset.name === f.server) && (!f.arch || c.dataset.traits.split(" ").includes(f.arch)));
      hidden.textContent = visible.map((v, i) => v ? "" : `#matrix tr > :nth-child(${i + 2}) { display: none; }`).join("\n");
      let n = 0, of = 0;
      for (const body of matrix.tBodies) {
        let here = 0;
        for (const row of body.rows) {
          if (row.classList.contains("group")) continue;
          of++;
          const cells = [...row.cells].slice(1).filter((_, i) => visible[i]);
          const ok = (!f.chapter || body.dataset.chapter === f.chapter) && (!f.verdict || row.dataset.verdict === f.verdict)
            && words.every(w => row.dataset.text.toLowerCase().includes(w))
            && (!(f.server || f.arch || f.finding) || cells.some(c => c.className && (!f.finding || c.className === "o-" + f.finding)));
          row.hidden = !ok;
          if (ok) here++;
        }
        body.rows[0].hidden = !here;
        n += here;
      }
      shown.textContent = n === of ? `${of} claims` : `${n} of ${of} claims`;
    };
    form.addEventListener("input", filter);
    form.addEventListener("submit", e => e.preventDefault());
    filter();
  }

  // search: the index is a script, so that it loads from disk, and is loaded when first asked for
  const dialog = one("dialog.search"), input = one("#q"), hits = one(".hits");
  let loading;
  const index = () => loading ??= new Promise(done => {
    const s = document.createElement("script");
    s.src = "search-index.js";
    s.onload = () => done(window.iospecIndex);
    document.head.append(s);
  });
  const escape = t => t.replace(/[&<>"]/g, c => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  const mark = (text, words) => words.reduce((t, w) => t.replaceAll(new RegExp(`(${w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")})(?![^<]*>)`, "gi"), "<mark>$1</mark>"), escape(text));
  const excerpt = (text, words) => {
    const at = Math.max(0, Math.min(...words.map(w => text.toLowerCase().indexOf(w)).filter(i => i >= 0)) - 50);
    return (at > 0 ? "…" : "") + text.slice(Number.isFinite(at) ? at : 0).slice(0, 150);
  };
  const search = async () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const entries = await index();
    const score = e => {
      let sum = 0;
      for (const w of words) {
        const title = e.t.toLowerCase(), id = (e.i || "").toLowerCase();
        const s = id === w ? 90 : id.includes(w) ? 30 : title.startsWith(w) ? 25 : title.includes(w) ? 20 : e.x.toLowerCase().includes(w) ? 4 : 0;
        if (!s) return 0;
        sum += s;
      }
      return sum + (e.k === "claim" ? 2 : 0);
    };
    const found = words.length ? entries.map(e => [score(e), e]).filter(([s]) => s).sort((a, b) => b[0] - a[0]).slice(0, 20) : [];
    hits.innerHTML = found.map(([, e]) => `<li><a href="${e.u}"><span class="what">${e.k}</span>${e.i ? `<code>${mark(e.i, words)}</code> ` : ""}${mark(e.t, words)}<small>${mark(excerpt(e.x, words), words)}</small></a></li>`).join("")
      || (words.length ? "<li>Nothing found.</li>" : "");
  };
  const openSearch = () => { dialog.showModal(); input.focus(); input.select(); index(); };
  one(".search-open").addEventListener("click", openSearch);
  addEventListener("keydown", e => {
    if (e.key === "/" && !dialog.open && !/^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName) && !e.ctrlKey && !e.metaKey) { e.preventDefault(); openSearch(); }
    if (!dialog.open || !["ArrowDown", "ArrowUp"].includes(e.key)) return;
    e.preventDefault();
    const links = all("a", hits), at = links.indexOf(document.activeElement) + (e.key === "ArrowDown" ? 1 : -1);
    (links[at] ?? input).focus();
  });
  input.addEventListener("input", search);
  input.addEventListener("keydown", e => { if (e.key === "Enter") { e.preventDefault(); one("a", hits)?.click(); } });
  hits.addEventListener("click", e => { if (e.target.closest("a")) dialog.close(); });

  // two servers side by side
  const pair = one(".pair");
  if (pair) {
    const [a, b] = all(".compare select");
    const put = () => [a, b].forEach((s, i) => { pair.children[i].innerHTML = window.iospecServers[s.value]; });
    const fromURL = new URLSearchParams(location.hash.slice(1));
    if (window.iospecServers[fromURL.get("a")]) a.value = fromURL.get("a");
    if (window.iospecServers[fromURL.get("b")]) b.value = fromURL.get("b");
    for (const s of [a, b]) s.addEventListener("change", () => { history.replaceState(null, "", `#a=${a.value}&b=${b.value}`); put(); });
    put();
  }
})();
