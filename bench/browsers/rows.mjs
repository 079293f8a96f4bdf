/** What browsers are made to do, row by row, and before which proxy. */
import { addressOf } from './pages.mjs';

/** Objects of a page, its document included. */
const OBJECTS = 40;
const PORTAL_HOSTS = 20;
/** Longer than any page takes that comes at all, but for those that wait for a proxy or a PAC server. */
const PAGE_WITHIN_MS = 12_000;

const AUTHS = {
  none: { says: 'no credentials' },
  basic: { says: 'Basic', auth: 'basic' },
  negotiate: { says: 'Negotiate', auth: 'negotiate' },
  'basic-closing': { says: 'Basic, the 407 closes', auth: 'basic', closes: true },
  'negotiate-closing': { says: 'Negotiate, the 407 closes', auth: 'negotiate', closes: true },
};
const KINDS = {
  http: { says: 'http', scheme: 'http', host: 'portal.test' },
  h1: { says: 'https with HTTP/1.1', scheme: 'https', host: 'h1.portal.test' },
  h2: { says: 'https with HTTP/2', scheme: 'https', host: 'portal.test' },
};
const document = { scheme: 'http', host: 'portal.test' };

/** A row that opens one page. */
const opening = (id, says, page, more = {}) => ({
  ...{ id, says, page },
  play: ({ browser }) => browser.open(addressOf(page), more.withinMs ?? PAGE_WITHIN_MS),
  ...more,
});

const documents = ['http', 'h2'].flatMap((kind) =>
  Object.entries(AUTHS)
    .filter(([, { closes }]) => !closes)
    .map(([name, { says, ...auth }]) =>
      opening(`document-${kind}-${name}`, `a document over ${KINDS[kind].says}, ${says}`, pageOf(kind), auth),
    ),
);

/** The first of a browser's life that meets Negotiate. */
const firstNegotiate = opening(
  'document-h2-negotiate-first',
  `a document over ${KINDS.h2.says}, the first Negotiate of a browser's life`,
  pageOf('h2'),
  { auth: 'negotiate', isCold: true },
);

const pages = Object.keys(KINDS).flatMap((kind) =>
  Object.entries(AUTHS).map(([name, { says, ...auth }]) =>
    opening(
      `page-${kind}-${name}`,
      `a page of ${OBJECTS} objects over ${KINDS[kind].says}, ${says}`,
      pageOf(kind, { objects: OBJECTS - 1 }),
      auth,
    ),
  ),
);

const portals = ['http', 'h2'].flatMap((kind) =>
  ['none', 'negotiate'].map((name) => {
    const { says, ...auth } = AUTHS[name];
    const page = pageOf(kind, { objects: OBJECTS - 1, hosts: PORTAL_HOSTS });
    return opening(
      `portal-${kind}-${name}`,
      `a page of ${OBJECTS} objects on ${PORTAL_HOSTS} hosts over ${KINDS[kind].says}, ${says}`,
      page,
      auth,
    );
  }),
);

const throughSquid = ['h1', 'h2'].flatMap((kind) =>
  ['none', 'basic', 'negotiate'].map((name) => {
    const { says, ...auth } = AUTHS[name];
    const page = pageOf(kind, { objects: OBJECTS - 1 });
    return opening(
      `squid-${kind}-${name}`,
      `a page of ${OBJECTS} objects over ${KINDS[kind].says} through Squid, ${says}`,
      page,
      { ...auth, proxy: 'squid' },
    );
  }),
);

const CLASS = 5;
const classes = ['http', 'h1', 'h2'].flatMap((kind) =>
  ['none', 'basic', 'negotiate'].map((name) => {
    const { says, ...auth } = AUTHS[name];
    const page = pageOf(kind, { objects: OBJECTS - 1, hosts: PORTAL_HOSTS });
    return {
      ...opening(
        `class-${kind}-${name}`,
        `${CLASS} browsers at once: ${OBJECTS} objects on ${PORTAL_HOSTS} hosts over ${KINDS[kind].says} through Squid, ${says}`,
        page,
        { ...auth, proxy: 'squid', browsers: CLASS, isSlow: true, withinMs: 60_000 },
      ),
      play: ({ openAll }) => openAll(addressOf(page), 60_000),
    };
  }),
);

const SILENT = 150;
const silent = ['http', 'h2'].map((kind) =>
  opening(
    `silent-${kind}`,
    `objects over ${KINDS[kind].says} on ${SILENT} hosts, none of which answers`,
    pageOf(kind, { objects: SILENT, hosts: SILENT, on: 'silent.test' }),
    { withinMs: 6_000 },
  ),
);

const losses = [
  opening('syn-first', 'the first SYN of a document is lost', document, { loses: 'first of all' }),
  opening('syn-first-two', 'its first two SYNs are lost', document, { loses: 'first two of all' }),
  {
    ...opening('syn-objects', 'the first SYN of each connection for its objects is lost', {
      ...document,
      objects: OBJECTS - 1,
    }),
    prepare: ({ browser }) => browser.open(addressOf(document), PAGE_WITHIN_MS),
    loses: 'first of each connection',
    stays: true,
  },
  opening('syn-all', 'all SYNs are lost', document, {
    // Chromium opens the page once more a second later.
    ...{ loses: 'all', withinMs: 100_000, isSlow: true, afterwardsMs: 500 },
  }),
  {
    ...opening('syn-all-second', 'the same, with a second proxy in the PAC file', document, {
      ...{ loses: 'all', withinMs: 100_000, isSlow: true },
    }),
    pac: 'good',
    hasSecond: true,
  },
  {
    ...opening('syn-all-second-later', 'a later page of another host, after that', {
      ...document,
      host: 'later.test',
    }),
    ...{ pac: 'good', hasSecond: true, loses: 'all', isSlow: true, stays: true },
    prepareLossy: ({ browser }) => browser.open(addressOf(document), 100_000),
  },
  {
    ...opening('refusing-second', 'the first of two proxies in the PAC file refuses', document),
    ...{ pac: 'good', hasSecond: true, proxy: 'absent' },
  },
];

const faults = ['408', 'RST', 'FIN', 'half a header'].map((fault) => ({
  ...opening(
    `kept-${fault.replaceAll(' ', '-').toLowerCase()}`,
    `${fault} instead of an answer on a kept connection`,
    document,
  ),
  fault,
  stays: true,
  prepare: async ({ browser, proxy }) => {
    await browser.open(addressOf(document), PAGE_WITHIN_MS);
    proxy.arm();
  },
}));

const pacs = ['404', 'refused', 'syntax error', 'empty', 'an exception', 'silent'].map((kind) => ({
  ...opening(`pac-${kind.replaceAll(' ', '-')}`, `the PAC file: ${kind}`, undefined),
  pac: kind,
  ...(kind === 'silent' && { isSlow: true }),
  // Without a proxy the name would have to be resolved.
  play: ({ browser, address }) => browser.open(addressOf({ scheme: 'http', host: address }), 60_000),
}));

/** A host that browsers reach without a proxy, by its address: no name is known. */
const direct = [
  { id: 'direct-http', says: 'a document over http past any proxy', scheme: 'http', objects: 0 },
  { id: 'direct-h2', says: 'a document over https with HTTP/2 past any proxy', scheme: 'https', objects: 0 },
  {
    ...{ id: 'direct-page-http', scheme: 'http', objects: OBJECTS - 1 },
    says: `a page of ${OBJECTS} objects over http past any proxy`,
  },
].map(({ id, says, scheme, objects }) => ({
  ...opening(id, says, undefined),
  isDirect: true,
  play: ({ browser, address }) => browser.open(addressOf({ scheme, host: address, objects }), PAGE_WITHIN_MS),
}));

const leaving = [
  {
    ...opening('tab-closed', 'the tab is closed once its page is there', {
      ...document,
      objects: OBJECTS - 1,
    }),
    stays: true,
    async play({ browser, mark, pass }) {
      await browser.newTab();
      const came = await browser.open(addressOf(this.page), PAGE_WITHIN_MS);
      mark('closing');
      await browser.closeTab();
      await pass(3_000);
      return came;
    },
  },
  idle(75, 0),
  idle(310, OBJECTS - 1),
];

/** A page, nothing for so long, and a page of another host. Of a document's two connections one is never used. */
function idle(sec, objects) {
  return {
    ...opening(
      `idle-${sec}`,
      `${objects === 0 ? 'a document' : `${objects + 1} objects`}, nothing for ${sec} s, then a page of another host`,
      {
        ...document,
        objects,
      },
    ),
    isLong: true,
    stays: true,
    async play({ browser, mark, pass }) {
      await browser.open(addressOf(this.page), PAGE_WITHIN_MS);
      mark('idle');
      await pass(sec * 1e3);
      mark('asking');
      return browser.open(addressOf({ ...document, host: 'later.test' }), PAGE_WITHIN_MS);
    },
  };
}

function pageOf(kind, more = {}) {
  const { scheme, host } = KINDS[kind];
  return { scheme, host, ...more };
}

/** When a proxy that refused is tried again: a page of another host every so often. */
const again = {
  ...opening('refusing-again', 'a refusing first proxy, a page every 15 s: when it is tried again', document),
  ...{ pac: 'good', hasSecond: true, proxy: 'absent', isLong: true, stays: true },
  async play({ browser, pass }) {
    let came;
    for (let asked = 0; asked < 25; asked += 1) {
      came = await browser.open(addressOf({ ...document, host: `again${asked}.test` }), PAGE_WITHIN_MS);
      await pass(15_000);
    }
    return came;
  },
};

export const ROWS = [
  ...documents,
  firstNegotiate,
  ...pages,
  ...portals,
  ...throughSquid,
  ...classes,
  ...silent,
  ...losses,
  ...faults,
  ...pacs,
  ...direct,
  ...leaving,
  again,
];
