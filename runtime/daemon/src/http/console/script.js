// Keeps the page live. The server renders; here its sections are put in place, touching only what
// differs, so that focus, selection and scrolling stay where they are.
"use strict";

const link = document.getElementById("link");
const pause = document.getElementById("pause");
let source = null;
let isPaused = false;

// Makes `old` like `fresh`: attributes, then children, pairwise.
function become(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh.cloneNode(true));
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  children(old, fresh);
}

function children(old, fresh) {
  const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
  after.forEach((child, index) => {
    if (index < before.length) become(before[index], child);
    else old.append(child.cloneNode(true));
  });
  before.slice(after.length).forEach((child) => child.remove());
}

function show(message) {
  for (const [id, html] of Object.entries(JSON.parse(message.data))) {
    const place = document.getElementById(id);
    if (!place) continue;
    // A template's content is inert: nothing in it loads or runs.
    const template = document.createElement("template");
    template.innerHTML = html;
    children(place, template.content);
  }
  say("live");
}

function say(word) {
  const words = {
    live: "Live",
    waiting: "Not connected; trying again",
    paused: "Paused",
  };
  if (document.documentElement.dataset.link === word) return;
  document.documentElement.dataset.link = word;
  link.textContent = words[word];
}

// A page that nobody sees holds no stream.
function connect() {
  const isWanted = !isPaused && !document.hidden;
  if (isWanted && !source) {
    source = new EventSource("/v1/live");
    source.onmessage = show;
    source.onerror = () => {
      say("waiting");
      // A refusal closes the source for good; a lost connection is taken up by the browser.
      if (source && source.readyState === EventSource.CLOSED) {
        source = null;
        setTimeout(connect, 3000);
      }
    };
  } else if (!isWanted && source) {
    source.close();
    source = null;
  }
}

pause.addEventListener("click", () => {
  isPaused = !isPaused;
  pause.setAttribute("aria-pressed", String(isPaused));
  say(isPaused ? "paused" : "waiting");
  connect();
});
document.addEventListener("visibilitychange", connect);
pause.hidden = false;
connect();
