// Preloaded (--import): the optional packages are not there, for import and require, in this process and its threads.
import Module, { register } from 'node:module';

const OPTIONAL = /^(kerberos|koffi|pac-resolver|quickjs-wasi(\/.*)?|@koromix\/.*)$/;
const absent = (name) =>
  Object.assign(new Error(`Cannot find package '${name}'`), { code: 'MODULE_NOT_FOUND' });

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (name, ...rest) {
  if (OPTIONAL.test(name)) throw absent(name);
  return resolveFilename.call(this, name, ...rest);
};
register(
  `data:text/javascript,${encodeURIComponent(
    `export const resolve = (name, context, next) => {
      if (${OPTIONAL}.test(name)) throw Object.assign(new Error("Cannot find package '" + name + "'"), { code: 'ERR_MODULE_NOT_FOUND' });
      return next(name, context);
    };`,
  )}`,
);
