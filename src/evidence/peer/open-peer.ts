import { closeSync, openSync, writeSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { EnvironmentError } from '../../errors.ts';
import { parseAddress } from '../../net/addresses.ts';
import { loadLibc } from '../../net/index.ts';
import type { FilterEndpoint } from '../../net/packet-socket/handshake-filter.ts';
import { CaptureFile } from './capture-file.ts';
import { type ServedPeer, servePeer } from './serve-peer.ts';
import { watchHandshakes } from './watch-handshakes.ts';
