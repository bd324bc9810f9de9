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

// ── live: the server says which alerts the inbox should show, in which version; what differs is fetched ──
const alerts = document.getElementById("alerts");

function cardOf(number) {
  return document.getElementById(`alert-${number}`);
}

function isBeingWritten(card) {
  return Array.from(card.querySelectorAll("textarea")).some((field) => field.value !== "");
}

async function insert(number) {
  await htmx.ajax("GET", `/ui/alerts/${number}`, { target: "#alerts", swap: "afterbegin" });
  const card = cardOf(number);
  if (!card) return;
  for (const nothing of alerts.querySelectorAll(".nothing")) nothing.remove();
  said.textContent = `New alert: ${card.querySelector("h2").textContent}`;
}

async function renew(state) {
  const newest = Math.max(0, ...Array.from(alerts.querySelectorAll("[data-alert]"), (card) => Number(card.dataset.alert)));
  for (const [number, version] of state.reverse()) {
    const card = cardOf(number);
    if (card && card.dataset.version !== version && !isBeingWritten(card)) {
      await htmx.ajax("GET", `/ui/alerts/${number}`, { target: `#alert-${number}`, swap: "outerHTML" });
    } else if (!card && number > newest && (alerts.dataset.live === "all" || !/\d/.test(version))) {
      await insert(number);
    }
  }
}

if (alerts && alerts.dataset.live) {
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
