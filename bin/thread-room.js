'use strict';
// How many threads this process and others of its user may still start, on Linux. Whoever starts one too many of Node's own is
// ended by the system in the middle of it, without a word or for ever waiting: this is looked at beforehand.
// CommonJS, as the launcher, which needs it before anything else is there.

const fs = require('node:fs');

/** Bits of CapEff in /proc/self/status (capabilities(7)): fork(2) counts nothing for who has one of them, nor for root. */
const EXEMPT = [21n, 24n]; // CAP_SYS_ADMIN, CAP_SYS_RESOURCE
/** A user of whom so many may run is not worth counting. */
const PLENTY = 4096;

/**
 * The narrowest of the limits: RLIMIT_NPROC, which counts all threads of the user, and pids.max of the cgroup and those above it.
 * @param root folder that /proc and /sys are below, for tests
 * @returns { free, limit, used, what } in threads; undefined where there is no limit, none is near, or it is not known
 */
exports.readThreadRoom = (root) => {
  const base = root || '';
  return [ofUser(base)]
    .concat(ofCgroups(base))
    .filter(Boolean)
    .sort((a, b) => a.free - b.free)[0];
};

/** What to do about it, for messages. */
exports.formatRemedy = (room, needed) => {
  const wanted = room.used + Math.max(needed, 40);
  return room.what === 'ulimit -u'
    ? `allow more and run it again: ulimit -u ${wanted} (systemd: LimitNPROC=${wanted}; logins: /etc/security/limits.conf)`
    : `allow ${wanted} and run it again (systemd: TasksMax=${wanted}; docker: --pids-limit ${wanted})`;
};

function ofUser(base) {
  const limits = read(base + '/proc/self/limits');
  const found = /^Max processes\s+(\d+)/m.exec(limits);
  if (!found || Number(found[1]) >= PLENTY) return undefined;
  const own = read(base + '/proc/self/status');
  const uid = uidOf(own);
  if (uid === undefined || uid === '0' || isExempt(own)) return undefined;
  let used = 0;
  list(base + '/proc').forEach((name) => {
    if (!/^\d+$/.test(name)) return;
    const status = read(base + '/proc/' + name + '/status');
    if (uidOf(status) === uid) used += Number((/^Threads:\s+(\d+)/m.exec(status) || [0, 0])[1]);
  });
  return roomOf('ulimit -u', Number(found[1]), used);
}

/** Real user: fork(2) counts by that one. */
function uidOf(status) {
  const found = /^Uid:\s+(\d+)/m.exec(status);
  return found ? found[1] : undefined;
}

function isExempt(status) {
  const found = /^CapEff:\s+([0-9a-f]+)/m.exec(status);
  if (!found) return false;
  const held = BigInt('0x' + found[1]);
  return EXEMPT.some((bit) => ((held >> bit) & 1n) === 1n);
}

/** Each cgroup's own limit counts, and that of every one above it (cgroup-v2.rst, PID). Version 1 has a hierarchy for it. */
function ofCgroups(base) {
  const own = read(base + '/proc/self/cgroup');
  const second = /^0::(\/.*)$/m.exec(own);
  const first = /^\d+:(?:[^:]*,)?pids(?:,[^:]*)?:(\/.*)$/m.exec(own);
  const top = base + (first ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup');
  const parts = ((first || second || [])[1] || '/').split('/').filter(Boolean);
  return [top].concat(parts.map((_, index) => top + '/' + parts.slice(0, index + 1).join('/'))).map(ofCgroup);
}

function ofCgroup(folder) {
  const limit = Number(read(folder + '/pids.max') || 'none');
  const used = Number(read(folder + '/pids.current') || 'none');
  return limit < PLENTY && used >= 0 ? roomOf('pids.max of the cgroup', limit, used) : undefined;
}

function roomOf(what, limit, used) {
  return { what: what, limit: limit, used: used, free: Math.max(0, limit - used) };
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch (_) {
    return '';
  }
}

function list(folder) {
  try {
    return fs.readdirSync(folder);
  } catch (_) {
    return [];
  }
}
