const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

/** Imports a module of dist/ as Node itself does, past the test runner and what it would make of it. */
exports.importBuilt = (path) => import(pathToFileURL(join(__dirname, '../../dist', path)).href);
