/** Different pages that one browser opens one after the other; the engine knows the pages of an arm only as one and the same. */
export class SuccessivePages {
  #page;
  /** The number of each host for as long as the browser lives, by its authority. */
  #numbers = new Map();
  /** Of the present page: the browser's number for a host, and the page's own, by each other. */
  #ofPage = [];
  #inPage = new Map();

  /** @param {import('../../src/engine/browser/page.ts').PageCompiler} page that is opened next */
  turnTo(page) {
    this.#page = page;
    this.#ofPage = [];
    this.#inPage.clear();
    for (let object = 0; object < page.objects; object += 1) {
      const authority = page.fields(object, 0)[':authority'];
      if (!this.#numbers.has(authority)) this.#numbers.set(authority, this.#numbers.size);
      const number = this.#numbers.get(authority);
      this.#ofPage[page.hostOf(object)] = number;
      this.#inPage.set(number, page.hostOf(object));
    }
  }

  get objects() {
    return this.#page.objects;
  }

  get connect() {
    const { connect } = this.#page;
    return connect && ((site, ...rest) => connect(this.#inPage.get(site), ...rest));
  }

  hostOf(object) {
    return this.#ofPage[this.#page.hostOf(object)];
  }

  request(...asked) {
    return this.#page.request(...asked);
  }

  fields(...asked) {
    return this.#page.fields(...asked);
  }

  serverName(site) {
    return this.#page.serverName(this.#inPage.get(site));
  }
}
