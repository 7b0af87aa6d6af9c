"use strict";
(() => {
  const raw = (id) => document.getElementById(id).textContent;
  const lines = (id) => raw(id).split("\n").filter(Boolean);
  const receipt = JSON.parse(raw("receipt"));
  const problems = JSON.parse(raw("problems"));
  const tables = lines("tables").map((line) => JSON.parse(line));
  const fileLines = lines("files");
  let texts = null;
  const page = document.getElementById("page");
  const CHUNK = 200;

  // Everything that comes from the archive gets onto the page through here, as text.
  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "onclick" || name === "oninput") node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat()) node.append(child);
    return node;
  };
  const size = (bytes) => {
    const units = ["bytes", "kB", "MB", "GB", "TB"];
    let unit = 0;
    while (bytes >= 1000 && unit < units.length - 1) { bytes /= 1000; unit += 1; }
    return `${unit && bytes < 100 ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
  };
  const link = (path) => path.split("/").map(encodeURIComponent).join("/");
  const textOf = (key) => {
    if (texts === null) texts = new Map(lines("texts").map((line) => JSON.parse(line)));
    return texts.get(key);
  };

  const KEYWORDS = new Set(("and as assert async await break case catch class const continue def del do elif else enum except export extends " +
    "false False finally fn for from func function global if impl import in interface is lambda let match mod new None nonlocal not null or " +
    "package pass private protected pub public raise return self static struct super switch this throw true True try type use var void while with yield").split(" "));
  const TOKEN = /("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|(\/\*[\s\S]*?\*\/|\/\/[^\n]*|#[^\n]*)|(\b\d[\w.]*)|([A-Za-z_]\w*)/g;
  const highlight = (text) => {
    const code = make("code");
    let end = 0;
    for (const match of text.matchAll(TOKEN)) {
      const kind = match[1] ? "s" : match[2] ? "c" : match[3] ? "n" : KEYWORDS.has(match[0]) ? "k" : "";
      if (!kind) continue;
      code.append(text.slice(end, match.index), make("span", { class: kind }, match[0]));
      end = match.index + match[0].length;
    }
    code.append(text.slice(end));
    return make("pre", { tabindex: 0 }, code);
  };
  const notebook = (text) => {
    const box = make("div");
    for (const cell of JSON.parse(text).cells) {
      const source = Array.isArray(cell.source) ? cell.source.join("") : String(cell.source);
      box.append(make("p", {}, String(cell.cell_type)), cell.cell_type === "code" ? highlight(source) : make("pre", { tabindex: 0 }, source));
    }
    return box;
  };

  const table = (caption, head, rows, render) => {
    let sorted = -1, down = false, shown = CHUNK, words = "";
    const body = make("tbody");
    const count = make("p", { role: "status" });
    const more = make("button", { class: "more", type: "button", onclick: () => { shown += 5 * CHUNK; draw(); } }, "Show more");
    const buttons = head.map((name, column) => make("button", { type: "button", onclick: () => {
      down = sorted === column && !down; sorted = column; draw();
    } }, name));
    const heads = buttons.map((button) => make("th", { scope: "col" }, button));
    const compare = (a, b) => {
      const [x, y] = [String(a[sorted]), String(b[sorted])];
      const difference = x !== "" && y !== "" && !isNaN(x) && !isNaN(y) ? x - y : x.localeCompare(y);
      return down ? -difference : difference;
    };
    const draw = () => {
      let found = words ? rows.filter((row) => row.some((value) => String(value).toLowerCase().includes(words))) : rows;
      if (sorted >= 0) found = [...found].sort(compare);
      heads.forEach((cell, column) => {
        if (column === sorted) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
        else cell.removeAttribute("aria-sort");
      });
      body.replaceChildren(...found.slice(0, shown).map((row) => make("tr", {}, render(row))));
      count.textContent = `${Math.min(shown, found.length)} of ${found.length} rows`;
      more.hidden = found.length <= shown;
    };
    const search = make("input", { type: "search", placeholder: "Search", "aria-label": `Search ${caption}`, oninput: (event) => {
      words = event.target.value.toLowerCase(); shown = CHUNK; draw();
    } });
    draw();
    return [make("div", { class: "bar" }, search, count),
      make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": caption }, make("table", {}, make("thead", {}, make("tr", {}, heads)), body)), more];
  };
  const plain = (row) => row.map((value) => make("td", {}, String(value)));

  const showProblems = () => {
    const section = make("section", {}, make("h2", {}, "Problems"));
    if (problems.length) section.append(...table("problems", ["Assignment", "Student", "Path", "Reason"], problems, plain));
    else section.append(make("p", {}, "No problems: everything that was expected could be read."));
    return section;
  };

  const showWorkspaces = () => {
    const assignments = [...new Set(receipt.cells.map((cell) => cell[0]))];
    const students = new Map();
    receipt.cells.forEach((cell, number) => {
      if (!students.has(cell[1])) students.set(cell[1], new Map());
      students.get(cell[1]).set(cell[0], number);
    });
    const render = ([name]) => [make("th", { scope: "row" }, name), ...assignments.map((assignment) => {
      const number = students.get(name).get(assignment);
      if (number === undefined) return make("td");
      const [, , , state, files, bytes, troubles, reason] = receipt.cells[number];
      const words = state === "present" ? `${files} files, ${size(bytes)}` : state === "failed" ? "! failed" : state;
      const label = words + (troubles ? `, ${troubles} problems` : "") + (reason && state !== "present" ? `: ${reason}` : "");
      return make("td", {}, make("button", { type: "button", class: `cell ${state}`, title: `${name}, ${assignment}: ${label}`,
        onclick: () => openWorkspace(number) }, words));
    })];
    const rows = [...students.keys()].map((name) => [name]);
    return make("section", {}, make("h2", {}, "Workspaces"), ...table("workspaces", ["Student", ...assignments], rows, render));
  };

  const openWorkspace = (number) => {
    const [assignment, student, folder, state, , , , reason] = receipt.cells[number];
    const files = JSON.parse(fileLines[number]);
    const pane = make("div", { "aria-live": "polite" }, make("p", {}, "Choose a file."));
    const list = make("ul", { class: "files", tabindex: 0, "aria-label": "Files" });
    const open = ([path, bytes, key], button) => {
      for (const other of list.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
      button.setAttribute("aria-current", "true");
      const address = `data/${link(folder)}/${link(path)}`;
      const parts = [make("p", {}, make("a", { href: address, download: true }, path), ` · ${size(bytes)}`)];
      const text = key ? textOf(key) : undefined;
      if (/\.(png|jpe?g|gif|webp|bmp)$/i.test(path)) parts.push(make("img", { src: address, alt: path }));
      else if (text === undefined) parts.push(make("p", {}, "This file is not shown here; open it by its link."));
      else {
        try { parts.push(/\.ipynb$/i.test(path) ? notebook(text) : highlight(text)); }
        catch { parts.push(highlight(text)); }
      }
      pane.replaceChildren(...parts);
    };
    let shown = 0;
    const more = make("button", { class: "more", type: "button", onclick: () => fill() }, "Show more");
    const fill = () => {
      for (const file of files.slice(shown, shown + 5 * CHUNK)) {
        const button = make("button", { type: "button", onclick: () => open(file, button) }, file[0]);
        list.append(make("li", {}, button, make("small", {}, size(file[1]))));
      }
      shown += 5 * CHUNK;
      more.hidden = shown >= files.length;
    };
    fill();
    const said = files.length ? `${files.length} files` : `${state}${reason ? `: ${reason}` : ""}`;
    const back = make("button", { class: "more", type: "button", onclick: () => show("Workspaces") }, "Back to all workspaces");
    view.replaceChildren(make("section", {}, make("div", { class: "bar" }, back), make("h2", { tabindex: -1 }, `${student}: ${assignment}`), make("p", {}, said),
      make("div", { class: "split" }, make("div", {}, list, more), pane)));
    view.querySelector("h2").focus();
  };

  const parseCsv = (text) => {
    const rows = [[]];
    for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|\n|$)/g)) {
      if (match.index === text.length) break;
      rows[rows.length - 1].push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"').replace(/^'/, ""));
      if (match[3] !== ",") rows.push([]);
    }
    return rows.filter((row) => row.length);
  };
  const showTables = () => {
    const box = make("div");
    for (const one of tables) {
      const section = make("section", {}, make("h2", {}, one.title), make("p", {}, make("a", { href: link(one.path) }, one.path)));
      if (one.csv === null) section.append(make("p", {}, "This table is large; open the file."));
      else {
        const [head, ...rows] = parseCsv(one.csv);
        section.append(...table(one.title, head, rows, plain));
      }
      box.append(section);
    }
    return box;
  };

  const views = { Problems: showProblems, Workspaces: showWorkspaces, Tables: showTables };
  const view = make("div");
  const tabs = make("nav", { "aria-label": "Parts of this page" });
  const show = (name) => {
    for (const button of tabs.children) button.toggleAttribute("aria-current", button.dataset.name === name);
    view.replaceChildren(views[name]());
  };
  for (const name of Object.keys(views)) {
    const label = name === "Problems" ? `Problems (${problems.length})` : name;
    tabs.append(make("button", { type: "button", "data-name": name, onclick: () => show(name) }, label));
  }
  const sums = receipt.sums;
  page.append(make("p", { class: "sum" }, `${sums.expected} expected = ${sums.present} present + ${sums.empty} empty + ${sums.excluded} excluded + ${sums.failed} failed`),
    make("p", {}, `${receipt.files} files, ${size(receipt.bytes)} · as of ${receipt.snapshot_at} · ${receipt.generator}`),
    make("p", {}, "To check that nothing is missing or changed, run: python verify.py"), tabs, view);
  show(problems.length ? "Problems" : "Workspaces");
})();
