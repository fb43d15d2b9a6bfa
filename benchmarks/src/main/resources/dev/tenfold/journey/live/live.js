"use strict";

const TITLES = {
  EDGE: "Edges", REGION: "Data centres", SERVER: "App servers", TIER: "Shared tier", SHARD: "Shards",
  DATABASE: "Databases", EXCHANGE: "Exchanges and queues", QUEUE: "Exchanges and queues"
};
const WORDS = { WELL: "", WEAK: "weak", DOWN: "down" };
const token = document.querySelector("meta[name=journey-token]").content;
const byId = id => document.getElementById(id);
const cards = new Map();
const GONE = "The journey has ended, or does not answer.";
const POLL = 500;
const SELDOM = 3000;
let shape = "";

function element(name, style, text) {
  const made = document.createElement(name);
  if (style) made.className = style;
  if (text !== undefined) made.textContent = text;
  return made;
}

function say(text) {
  byId("notice").textContent = text;
}

async function act(part, action) {
  say("");
  try {
    const answer = await fetch("/act", {
      method: "POST",
      headers: { "X-Journey-Token": token, "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ part, action })
    });
    if (!answer.ok) say(`${part}: ${action} was refused: ${await answer.text()}`);
  } catch (gone) {
    say(GONE);
  }
}

/** The cards are made anew only if there are other parts than before, so that a button is not taken away under a finger. */
function lay(parts) {
  const now = JSON.stringify(parts.map(part => [part.id, part.actions]));
  if (now === shape) return;
  shape = now;
  cards.clear();
  const layers = byId("layers");
  layers.replaceChildren();
  const rows = new Map();
  for (const part of parts.slice().sort((a, b) => rank(a) - rank(b))) {
    const title = TITLES[part.layer] || part.layer;
    if (!rows.has(title)) {
      const layer = element("section", "layer");
      layer.append(element("h2", "", title));
      const row = element("div", "row");
      layer.append(row);
      layers.append(layer);
      rows.set(title, row);
    }
    const card = element("article", "part");
    const heading = element("h3");
    const rate = element("span", "rate");
    heading.append(element("span", "", part.name), rate);
    const detail = element("p", "detail");
    const actions = element("div", "actions");
    for (const action of part.actions) {
      const button = element("button", action === "restore" ? "restore" : "", action);
      button.type = "button";
      button.setAttribute("aria-label", `${action} ${part.name}`);
      button.addEventListener("click", () => act(part.id, action));
      button.dataset.action = action;
      actions.append(button);
    }
    card.append(heading, detail, actions);
    card.dataset.part = part.id;
    rows.get(title).append(card);
    cards.set(part.id, { card, rate, detail, actions });
  }
}

function rank(part) {
  return Object.keys(TITLES).indexOf(part.layer);
}

function fill(parts) {
  for (const part of parts) {
    const { card, rate, detail, actions } = cards.get(part.id);
    for (const button of actions.children) button.disabled = part.idle.includes(button.dataset.action);
    card.className = `part ${part.health}`;
    rate.textContent = part.rate < 0 ? "" : `${part.rate < 10 ? part.rate.toFixed(1) : Math.round(part.rate)} /s`;
    detail.replaceChildren();
    if (WORDS[part.health]) detail.append(element("span", "health", `${WORDS[part.health]}: `));
    detail.append(part.detail);
  }
}

/** From the lower edge of a card to the upper edge of the one it talks to. */
function wire(parts) {
  const svg = byId("links");
  const origin = byId("picture").getBoundingClientRect();
  const paths = [];
  for (const part of parts) {
    for (const to of part.links) {
      if (!cards.has(part.id) || !cards.has(to)) continue;
      const a = cards.get(part.id).card.getBoundingClientRect();
      const b = cards.get(to).card.getBoundingClientRect();
      const target = parts.find(each => each.id === to);
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      const sameRow = Math.abs(a.top - b.top) < 4;
      const x1 = sameRow ? a.right - origin.left : a.left + a.width / 2 - origin.left;
      const y1 = (sameRow ? a.top + a.height / 2 : a.bottom) - origin.top;
      const x2 = sameRow ? b.left - origin.left : b.left + b.width / 2 - origin.left;
      const y2 = (sameRow ? b.top + b.height / 2 : b.top) - origin.top;
      const bend = sameRow ? 0 : Math.max(12, (y2 - y1) / 2);
      path.setAttribute("d", `M${x1},${y1} C${x1},${y1 + bend} ${x2},${y2 - bend} ${x2},${y2}`);
      path.setAttribute("class", part.health === "DOWN" || target.health === "DOWN" ? "DOWN" : "WELL");
      paths.push(path);
    }
  }
  svg.replaceChildren(...paths);
}

function figures(load) {
  byId("stage").textContent = load.stage;
  byId("story").textContent = load.story;
  byId("rate").textContent = Math.round(load.rate);
  byId("p50").textContent = load.p50.toFixed(1);
  byId("p99").textContent = load.p99.toFixed(1);
  byId("failed").textContent = load.failed;
  const values = load.history;
  const high = Math.max(1, ...values);
  byId("history").firstElementChild.setAttribute(
    "points",
    values.map((value, i) => `${(600 * i) / Math.max(1, values.length - 1)},${57 - (54 * value) / high}`).join(" "));
  const items = load.news.map(each => {
    const item = element("li", each.kind);
    item.append(element("span", "at", `${each.at.toFixed(1)} s`), each.text);
    return item;
  });
  byId("news").replaceChildren(...items);
}

async function update() {
  let pause = POLL;
  try {
    const state = await (await fetch("/state")).json();
    if (byId("notice").textContent === GONE) say("");
    if (state.load) {
      lay(state.parts);
      fill(state.parts);
      wire(state.parts);
      figures(state.load);
      document.body.dataset.ready = "true";
    }
  } catch (gone) {
    say(GONE);
    pause = SELDOM;
  }
  setTimeout(update, pause);
}

update();
