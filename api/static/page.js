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
