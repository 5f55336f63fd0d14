// Runs the kernel of jsii in the process that Python begins: jsii's own runtime begins a second one, and each of its
// messages passes through both.
"use strict";

const fs = require("node:fs");
const { Writable } = require("node:stream");

// The kernel speaks over file 3; Python holds the other ends of the standard input and output.
const { readSync, writeSync } = fs;
fs.readSync = (file, ...rest) => readSync(file === 3 ? 0 : file, ...rest);
fs.writeSync = (file, ...rest) => writeSync(file === 3 ? 1 : file, ...rest);

// What the CDK prints goes to Python in the form that it expects. The real streams are not even looked at: Node.js would
// no longer wait for Python to read what the kernel writes.
for (const name of ["stdout", "stderr"]) {
  const write = (printed, encoding, done) => {
    writeSync(2, `${JSON.stringify({ [name]: printed.toString("base64") })}\n`);
    done();
  };
  Object.defineProperty(process, name, { value: new Writable({ write }) });
}

// The kernel looks here whether it may link to the folder of the CDK instead of to each of its files; `environment.py`
// has given the option to Node.js in another way.
process.execArgv.push("--preserve-symlinks");

require("../lib/program.js");
