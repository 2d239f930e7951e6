// Keeps a page fresh without losing what somebody types: every two seconds it asks for the same
// page again and puts in the parts that changed.
"use strict";

const EVERY_MS = 2000;
const seen = new Map(); // id of a part → the markup that the server last gave for it

function paintLabels() {
  for (const label of document.querySelectorAll("[data-colour]")) {
    label.style.setProperty("--colour", `#${label.dataset.colour}`);
  }
}

function isBeingWritten(part) {
  const inside = document.activeElement;
  if (inside !== part && part.contains(inside) && inside.matches("textarea, input, select")) {
    return true;
  }
  return [...part.querySelectorAll("textarea")].some((area) => area.value !== area.defaultValue);
}

function put(old, fresh) {
  const source = fresh.outerHTML;
  if (seen.get(fresh.id) === source || isBeingWritten(old)) {
    return;
  }
  seen.set(fresh.id, source);
  const opened = [...old.querySelectorAll("details")].map((each) => each.open);
  [...fresh.querySelectorAll("details")].forEach((each, index) => {
    each.open = opened[index] ?? each.open;
  });
  old.replaceWith(fresh);
}

function putList(list, fresh) {
  const kept = new Set();
  let before = null;
  for (const item of [...fresh.children]) {
    kept.add(item.id);
    const old = document.getElementById(item.id);
    if (old) {
      put(old, item);
    } else {
      seen.set(item.id, item.outerHTML);
      list.insertBefore(item, before ? before.nextElementSibling : list.firstElementChild);
    }
    before = document.getElementById(item.id);
  }
  for (const item of [...list.children]) {
    if (!kept.has(item.id)) item.remove();
  }
}

async function refresh() {
  const answer = await fetch(window.location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (!fresh) continue;
    if (part.dataset.live === "list") putList(part, fresh);
    else put(part, fresh);
  }
  paintLabels();
}

async function keepFresh() {
  try {
    if (!document.hidden) await refresh();
  } catch (error) {
    console.info("the server does not answer; trying again", error);
  }
  window.setTimeout(keepFresh, EVERY_MS);
}

function commentOnLine(button) {
  const row = button.closest("tr");
  const draft = document.getElementById("line-comment").content.cloneNode(true);
  const area = draft.querySelector("textarea");
  area.name = `line:${row.dataset.side}:${row.dataset.line}:${row.dataset.path}`;
  row.after(draft);
  area.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches(".add-comment")) commentOnLine(button);
  if (button?.matches(".drop")) button.closest("tr").remove();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

function clickBox(box) {
  const comment = box.closest("article.comment").id.replace("issuecomment-", "");
  const form = document.createElement("form");
  form.method = "post";
  form.action = `${window.location.pathname}/boxes`;
  for (const [name, value] of Object.entries({ comment, line: box.dataset.line })) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

document.addEventListener("change", (event) => {
  if (event.target.matches(".task-box[data-line]")) clickBox(event.target);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
    event.target.form.requestSubmit(event.target.form.querySelector("button.primary") ?? undefined);
  }
});

for (const part of document.querySelectorAll("[data-live='whole'], [data-live='list'] > *")) {
  seen.set(part.id, part.outerHTML);
}
paintLabels();
if (document.querySelector("[data-live]")) window.setTimeout(keepFresh, EVERY_MS);
