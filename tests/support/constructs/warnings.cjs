// Answers the question for all warnings of a tree at once; Python would ask twice about each construct.
"use strict";

const Module = require("node:module");

const load = Module._load;
Module._load = function (request, ...rest) {
  const loaded = load.call(this, request, ...rest);
  if (request === "constructs" && !Module.redrive) {
    Module.redrive = true;
    const tryGetContext = loaded.Node.prototype.tryGetContext;
    loaded.Node.prototype.tryGetContext = function (key) {
      return key === "redrive:warnings" ? warningsOf(this) : tryGetContext.call(this, key);
    };
  }
  return loaded;
};

function warningsOf(node) {
  return node
    .findAll()
    .flatMap((construct) => construct.node.metadata)
    .filter((entry) => entry.type === "aws:cdk:warning")
    .map((entry) => String(entry.data));
}
