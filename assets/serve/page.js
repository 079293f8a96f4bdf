// What pages of `rushhour serve` do by themselves: two runs are chosen, a run under way is looked at each second.
(() => {
  const EVERY_MS = 1_000;
  const WIDTH = 300;
  const HEIGHT = 72;
  /** A run that has just begun has room to grow. */
  const LEAST_SEC = 60;

  const count = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

  /** As format.ts has it. */
  function formatShare(share) {
    const percent = share * 100;
    if (percent === 0) return '0 %';
    const digits =
      percent < 1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: percent < 10 ? 2 : 1 };
    return `${percent.toLocaleString('en-GB', digits)} %`;
  }

  function formatDuration(seconds) {
    if (seconds < 60) return `${seconds} s`;
    const [large, unit, small, below] =
      seconds < 3_600
        ? [Math.floor(seconds / 60), 'min', seconds % 60, 's']
        : [Math.floor(seconds / 3_600), 'h', Math.floor((seconds % 3_600) / 60), 'min'];
    return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${below}`;
  }

  /** No more than two are chosen: a third lets go of the one that was chosen first. */
  function chooseTwo(form) {
    const button = form.querySelector('button');
    const says = form.querySelector('.chosen');
    const chosen = [...form.querySelectorAll('input:checked')];
    const tell = () => {
      while (chosen.length > 2) chosen.shift().checked = false;
      button.disabled = chosen.length !== 2;
      says.textContent = ['choose two runs', 'one more', 'the older one is "before"'][chosen.length];
    };
    form.addEventListener('change', ({ target }) => {
      const at = chosen.indexOf(target);
      if (at >= 0) chosen.splice(at, 1);
      if (target.checked) chosen.push(target);
      tell();
    });
    tell();
  }

  function follow(section) {
    const find = (selector) => section.querySelector(selector);
    const state = find('.state');
    const says = find('.says');
    const rows = find('tbody');
    const columns = ['started', 'established', 'completed', 'stalled', 'healed', 'unsent'];

    const setText = (element, text) => {
      // Only what changes: whoever has selected something keeps it.
      if (element.textContent !== text) element.textContent = text;
    };
    const isApart = (series) => /~(ramp|aside)$/.test(series);
    const nameSeries = (series) =>
      series.replace(/~ramp$/, ' (ramp, not counted)').replace(/~aside$/, ' (excluded)');

    function showHostEvents(hostEvents) {
      const box = find('.host-events');
      const list = box.querySelector('ul');
      box.hidden = hostEvents.length === 0;
      while (list.children.length > hostEvents.length) list.lastElementChild.remove();
      hostEvents.forEach(({ lasts, says }, index) => {
        const item = list.children[index] ?? list.appendChild(document.createElement('li'));
        item.classList.toggle('lasts', lasts);
        setText(item, says);
      });
    }

    function show({ second, open, series, recent, hostEvents, status }) {
      const names = Object.keys(series);
      const sum = (counter) =>
        names.filter((name) => !isApart(name)).reduce((all, name) => all + series[name][counter], 0);
      const [started, stalled] = [sum('started'), sum('stalled')];
      const tiles = {
        elapsed: formatDuration(second + 1),
        perSec: `${count.format(recent.started.at(-1) ?? 0)}/s`,
        started: count.format(started),
        stalled: count.format(stalled),
        share: formatShare(started === 0 ? 0 : stalled / started),
        unsent: count.format(sum('unsent')),
        open: count.format(open),
      };
      for (const [name, text] of Object.entries(tiles)) setText(find(`[data-tile="${name}"]`), text);
      for (const name of ['stalled', 'share']) {
        find(`[data-tile="${name}"]`).classList.toggle('alarm', stalled > 0);
      }
      drawSpark('started', recent);
      drawSpark('stalled', recent);
      showHostEvents(hostEvents);
      names.forEach((name, index) => {
        const row = rows.rows[index] ?? addRow();
        setText(row.cells[0], nameSeries(name));
        columns.forEach((column, at) => {
          setText(row.cells[at + 1], count.format(series[name][column]));
        });
      });
      section.dataset.second = String(second);
      if (status === 'running') return;
      state.classList.add('over');
      setText(find('.state a'), 'report');
    }

    function addRow() {
      const row = rows.insertRow();
      const head = document.createElement('th');
      head.scope = 'row';
      row.append(head);
      for (const _ of columns) row.insertCell().className = 'right';
      return row;
    }

    /** Steps, a second each; the last one ends at the right edge. What is 0 is not drawn. */
    function drawSpark(name, { [name]: values }) {
      const most = Math.max(1, ...values);
      const seconds = Math.max(LEAST_SEC, values.length);
      const x = (index) => (((seconds - values.length + index) / seconds) * WIDTH).toFixed(1);
      const y = (value) => (value === 0 ? HEIGHT + 2 : HEIGHT - (value / most) * (HEIGHT - 6)).toFixed(1);
      const steps = values.map((value, index) => `V${y(value)}H${x(index + 1)}`);
      const svg = find(`[data-spark="${name}"]`);
      const path =
        svg.firstElementChild ??
        svg.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
      path.setAttribute('d', `M${x(0)} ${HEIGHT + 2}${steps.join('')}V${HEIGHT + 2}Z`);
      setText(find(`[data-from="${name}"]`), `${formatDuration(seconds)} ago`);
      setText(find(`[data-most="${name}"]`), `at most ${count.format(Math.max(0, ...values))} in a second`);
    }

    async function look() {
      let status = 'running';
      try {
        const response = await fetch(section.dataset.live, { cache: 'no-cache' });
        if (!response.ok) throw new Error(String(response.status));
        const live = await response.json();
        status = live.status;
        show(live);
        state.classList.remove('lost');
        setText(says, status === 'running' ? 'running' : `over: ${status}`);
      } catch {
        state.classList.add('lost');
        setText(says, 'not reached: trying again');
      }
      // The next one only when this one is through: a slow answer makes no queue.
      if (status === 'running') setTimeout(look, EVERY_MS);
    }
    look();
  }

  /** The page of what is under way is asked for again once something else is: whoever waits for a run sees it begin. */
  function watchFor(place) {
    const shown = place.dataset.underWay;
    async function look() {
      try {
        const response = await fetch('/api/live', { cache: 'no-cache' });
        if (!response.ok) throw new Error(String(response.status));
        const { runs } = await response.json();
        // A run that is over stays to be looked at until another one begins.
        if (runs.some((run) => !shown.split(' ').includes(run))) return location.reload();
      } catch {
        // What is wrong, the runs that are shown say; one more look does no harm.
      }
      setTimeout(look, 2 * EVERY_MS);
    }
    look();
  }

  for (const form of document.querySelectorAll('form.runs')) chooseTwo(form);
  for (const section of document.querySelectorAll('[data-live]')) follow(section);
  for (const place of document.querySelectorAll('[data-under-way]')) watchFor(place);
})();
