// Prepares the globals of a script before its own code runs, and returns what the sandbox needs later.
// Everything is taken out of the globals here and now, because the script may replace it there.
(function setup(write, invoke) {
  'use strict';
  const { parse, stringify } = JSON;
  const { apply } = Reflect;
  const { toWellFormed, slice } = String.prototype;
  const text = String;
  const Failure = TypeError;
  const longest = 65537;

  const natives = {
    // An instance, for what the engine needs in order to make another one when there is no more room.
    internalError: new InternalError(),
    rangeError: RangeError.prototype,
    syntaxError: SyntaxError.prototype,
    stack: Object.getOwnPropertyDescriptor(Error.prototype, 'stack').get,
  };

  // Not of the language, or of use only between threads; without its constructor, only the engine makes
  // an InternalError.
  delete InternalError.prototype.constructor;
  delete globalThis.InternalError;
  delete globalThis.SharedArrayBuffer;
  delete globalThis.Atomics;

  const clean = (string) => apply(toWellFormed, apply(slice, string, [0, longest]), []);

  const json = (value) => {
    try {
      return stringify(value);
    } catch {
      return undefined;
    }
  };

  const show = (value) => {
    if (typeof value !== 'object' || value === null || value instanceof Error) return clean(text(value));
    return clean(json(value) ?? text(value));
  };

  let open = true;

  const log = (...values) => {
    if (!open) return;
    let line = '';
    for (let at = 0; at < values.length && line.length < longest; at++) {
      line += (at ? ' ' : '') + show(values[at]);
    }
    open = write(line);
  };

  globalThis.console = { log, info: log, warn: log, error: log, debug: log };

  const call = (name) => (input) => {
    const sent = input === undefined ? 'null' : stringify(input);
    if (sent === undefined) throw new Failure(`the input of the action "${name}" is no JSON`);
    return parse(invoke(name, sent));
  };

  const context = (input, names) => {
    const actions = { __proto__: null };
    for (let at = 0; at < names.length; at++) actions[names[at]] = call(names[at]);
    return { input: parse(input), actions };
  };

  return { ...natives, show, context };
})
