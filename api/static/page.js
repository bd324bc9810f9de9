// Niceness only: every form and link works without it. What changed is said aloud, and the keyboard stays where it was.
"use strict";

const said = document.getElementById("said");
const trouble = document.getElementById("trouble");

htmx.onLoad((part) => {
  if (!part.dataset.said) return;
  trouble.textContent = "";
  said.textContent = part.dataset.said;
  // The button that was pressed may be gone with the answer that it took back.
  if (document.activeElement === document.body) part.querySelector("h2").focus();
});

document.body.addEventListener("htmx:sendError", () => {
  trouble.textContent = "The page does not answer. Nothing was changed: try again in a moment.";
});

document.body.addEventListener("htmx:responseError", (event) => {
  const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const words = answer.querySelector("main p");
  trouble.textContent = words ? words.textContent : "That could not be done: reload the page and try again.";
});

// ── live: the server says which alerts and questions the inbox should show, in which version; what differs is fetched ──
const lists = { alert: document.getElementById("alerts"), question: document.getElementById("questions") };

function isBeingWritten(card) {
  return Array.from(card.querySelectorAll("textarea")).some((field) => field.value !== "");
}

async function insert(kind, number) {
  const place = lists[kind];
  await htmx.ajax("GET", `/ui/${place.id}/${number}`, { target: `#${place.id}`, swap: "afterbegin" });
  const card = document.getElementById(`${kind}-${number}`);
  if (!card) return;
  for (const nothing of place.querySelectorAll(".nothing")) nothing.remove();
  said.textContent = `New ${kind}: ${card.querySelector("h2").textContent}`;
}

function newestIn(kind) {
  const shown = lists[kind].querySelectorAll(`[data-${kind}]`);
  return Math.max(0, ...Array.from(shown, (card) => Number(card.dataset[kind])));
}

async function renew(state) {
  const newest = { alert: newestIn("alert"), question: newestIn("question") };
  for (const [key, version] of state.reverse()) {
    const kind = String(key).startsWith("q") ? "question" : "alert";
    const number = Number(String(key).replace("q", ""));
    const [place, card] = [lists[kind], document.getElementById(`${kind}-${number}`)];
    if (card && card.dataset.version !== version && !isBeingWritten(card)) {
      await htmx.ajax("GET", `/ui/${place.id}/${number}`, { target: `#${card.id}`, swap: "outerHTML" });
    } else if (!card && number > newest[kind] && (place.dataset.live === "all" || !/\d/.test(version))) {
      await insert(kind, number);
    }
  }
}

if (lists.alert && lists.alert.dataset.live) {
  const live = new EventSource("/ui/live");
  let renewing = Promise.resolve();
  live.onmessage = (event) => {
    renewing = renewing.then(() => renew(JSON.parse(event.data)));
  };
  live.addEventListener("over", () => {
    live.close();
    trouble.textContent = "You are logged out: ask an engineer for a new login link.";
  });
}
