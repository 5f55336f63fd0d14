// Finds and makes elements of the page.

// Text of a simulation may come from anywhere: it is set by textContent and setAttribute only, never as markup.
const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);
const svg = (tag, attributes, text) => {
  const element = document.createElementNS(SVG, tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  if (text !== undefined) element.textContent = text;
  return element;
};
const html = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const name in attributes) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), attributes[name]);
    else element.setAttribute(name, attributes[name]);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
};
const button = (text, action, name = "row") => html("button", { type: "button", class: name, onclick: action }, text);
