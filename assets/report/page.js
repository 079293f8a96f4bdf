// Draws the plots that the page carries as JSON. A classic script: it stands inline, after uPlot, in every report.
(() => {
  const uPlot = window.uPlot;
  const HEIGHT_PX = 240;
  /** Width of what A4 and Letter leave between their margins. */
  const PAPER_PX = 660;

  /** Numbers as figure.ts packs them: a negative one is so many zeros. */
  function unpack(packed) {
    const values = [];
    for (const value of packed) {
      if (value === null || value >= 0) values.push(value);
      else for (let zeros = -value; zeros > 0; zeros -= 1) values.push(0);
    }
    return values;
  }

  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();

  const count = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 });
  const digits = (value) => String(Number(value.toPrecision(3)));
  const formats = {
    count: (value) => count.format(value),
    percent: (value) => `${digits(value)} %`,
    sec: (value) => `${count.format(value)} s`,
    us(value) {
      if (value < 1e3) return `${digits(value)} us`;
      if (value < 1e6) return `${digits(value / 1e3)} ms`;
      return `${digits(value / 1e6)} s`;
    },
    percentile(odds) {
      if (odds <= 1) return '0 %';
      const places = Math.max(0, Math.ceil(Math.log10(odds)) - 2);
      return `${((1 - 1 / odds) * 100).toFixed(Math.min(6, places))} %`;
    },
  };

  /** Whole decades, and nothing between them that has a label. */
  function decades(_plot, _axis, least, most) {
    const splits = [];
    for (let value = 10 ** Math.ceil(Math.log10(least) - 1e-9); value <= most * 1.0001; value *= 10)
      splits.push(value);
    return splits;
  }

  function decadesFromZero(_plot, _axis, _least, most) {
    const splits = [0];
    for (let value = 1; value <= most * 1.0001; value *= 10) splits.push(value);
    return splits;
  }

  function scaleOf(axis) {
    const range = axis.range ? { range: () => axis.range } : {};
    switch (axis.scale) {
      case 'log':
        return { distr: 3, log: 10, ...range };
      case 'percentile':
        return { distr: 3, log: 10, ...range };
      case 'asinh':
        return { distr: 4, asinh: 1, range: (_plot, _least, most) => [0, Math.max(1, most) * 1.3] };
      default:
        return range;
    }
  }

  const AXIS_FONT = '12px system-ui, sans-serif';
  /** Height of a line of labels, and the least space between two. */
  const LINE_PX = 13;
  const SPACE_PX = 6;
  const measuring = document.createElement('canvas').getContext('2d');

  /** Labels that would lie on the one before are left out, as many between two as between any others. */
  function thinOut(plot, scale, values, labels) {
    measuring.font = AXIS_FONT;
    const isAcross = scale === 'x';
    const places = values.map((value) => plot.valToPos(value, scale));
    const sizes = labels.map((label) => (isAcross ? measuring.measureText(label).width + SPACE_PX : LINE_PX));
    const fits = (every) => {
      let last = -1;
      return labels.every((label, index) => {
        if (label === '' || index % every !== 0) return true;
        const isFree = last < 0 || Math.abs(places[index] - places[last]) >= (sizes[index] + sizes[last]) / 2;
        last = index;
        return isFree;
      });
    };
    let every = 1;
    while (every < labels.length && !fits(every)) every += 1;
    return labels.map((label, index) => (index % every === 0 ? label : ''));
  }

  function axisOf(axis, scale) {
    const format = formats[axis.unit];
    const splits =
      axis.scale === 'asinh'
        ? { splits: decadesFromZero }
        : axis.scale === 'linear'
          ? {
              incrs:
                axis.unit === 'percent'
                  ? undefined
                  : [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400],
            }
          : { splits: decades };
    if (axis.scale === 'linear' && axis.unit !== 'sec') delete splits.incrs;
    return {
      scale,
      label: axis.label,
      labelSize: 22,
      labelFont: AXIS_FONT,
      font: AXIS_FONT,
      stroke: () => colour('faint'),
      grid: { stroke: () => colour('grid'), width: 1 },
      ticks: { stroke: () => colour('line'), width: 1, size: 4 },
      size: scale === 'y' ? 62 : 30,
      ...splits,
      filter: (_plot, values) => values,
      values: (plot, values) =>
        thinOut(
          plot,
          scale,
          values,
          values.map((value) =>
            axis.unit === 'count' && !Number.isInteger(value) ? '' : value === null ? '' : format(value),
          ),
        ),
    };
  }

  function seriesOf(series, { y }) {
    const stroke = () => colour(`c${series.colour}`);
    return {
      label: series.label,
      stroke,
      width: series.look === 'steps' ? 1.25 : 1.75,
      dash: series.dash && series.dash.length > 0 ? series.dash : undefined,
      points: { show: series.look === 'points', size: 5 },
      ...(series.look === 'steps'
        ? { paths: uPlot.paths.stepped({ align: 1 }), fill: () => `${colour(`c${series.colour}`)}33` }
        : {}),
      value: (_plot, value) => (value === null ? '' : formats[y.unit](value)),
    };
  }

  /** Outages and ramps below the lines; what happened at a known moment above them. */
  function shadeSpans(plot, { spans }) {
    const { ctx, bbox } = plot;
    ctx.save();
    for (const { from, to, kind } of spans) {
      const left = plot.valToPos(from, 'x', true);
      // At least so wide that it is seen.
      const width = Math.max(2, plot.valToPos(to, 'x', true) - left);
      ctx.fillStyle = colour(kind);
      ctx.fillRect(left, bbox.top, width, bbox.height);
    }
    ctx.restore();
  }

  function drawMarks(plot, { marks }) {
    const { ctx, bbox } = plot;
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.strokeStyle = colour('faint');
    ctx.fillStyle = colour('ink');
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = 'right';
    ctx.setLineDash([4 * ratio, 3 * ratio]);
    let lastRight = Number.NEGATIVE_INFINITY;
    let lastLine = Number.NEGATIVE_INFINITY;
    for (const { at, label } of marks) {
      const x = Math.round(plot.valToPos(at, 'x', true));
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const right = x - 3 * ratio;
      // A label that would lie on the one before, or on its line, is left out; its own line stays.
      const left = right - ctx.measureText(label).width;
      const line = lastLine;
      lastLine = x;
      if (left < Math.max(lastRight, line, bbox.left) + 2 * ratio) continue;
      ctx.fillText(label, right, bbox.top + 11 * ratio);
      lastRight = right;
    }
    ctx.restore();
  }

  function draw(spec, place, reading) {
    const data = [unpack(spec.at), ...spec.series.map(({ y }) => unpack(y))];
    const tell = (plot) => {
      const { idx } = plot.cursor;
      if (idx === null || idx === undefined) return;
      const values = spec.series.map(({ label }, index) => {
        const value = data[index + 1][idx];
        return value === null || value === undefined ? '' : `${label} ${formats[spec.y.unit](value)}`;
      });
      reading.textContent = `${spec.title} ${formats[spec.x.unit](data[0][idx])}: ${values.filter(Boolean).join(', ')}`;
    };
    const plot = new uPlot(
      {
        ...(spec.title === '' ? {} : { title: spec.title }),
        width: place.clientWidth,
        height: HEIGHT_PX,
        padding: [8, 16, 0, 0],
        scales: { x: { time: false, ...scaleOf(spec.x) }, y: scaleOf(spec.y) },
        axes: [axisOf(spec.x, 'x'), axisOf(spec.y, 'y')],
        series: [{ label: spec.x.label }, ...spec.series.map((series) => seriesOf(series, spec))],
        legend: {
          show: spec.series.length > 1 || spec.series[0]?.look === 'line',
          live: false,
          markers: {
            width: 2,
            stroke: (_plot, index) => `var(--c${spec.series[index - 1]?.colour ?? 7})`,
            dash: (_plot, index) => {
              const dash = spec.series[index - 1]?.dash;
              return !dash || dash.length === 0 ? 'solid' : dash[0] > 3 ? 'dashed' : 'dotted';
            },
            fill: () => 'transparent',
          },
        },
        cursor: { y: false, drag: { x: true, y: false } },
        hooks: {
          drawClear: [(drawn) => shadeSpans(drawn, spec)],
          draw: [(drawn) => drawMarks(drawn, spec)],
          setCursor: [tell],
        },
      },
      data,
      place,
    );
    place.plot = plot;
    place.addEventListener('keydown', (event) => move(plot, event));
    return plot;
  }

  const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -Infinity, End: Infinity };

  function move(plot, event) {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const last = plot.data[0].length - 1;
    const from = plot.cursor.idx ?? (step > 0 ? -1 : last + 1);
    const index = Math.max(0, Math.min(last, from + step));
    plot.setCursor({ left: plot.valToPos(plot.data[0][index], 'x'), top: 10 });
  }

  const begunMs = performance.now();
  const drawn = [];
  for (const { id, plots } of JSON.parse(document.getElementById('plots').textContent)) {
    const figure = document.getElementById(id);
    const places = figure.querySelectorAll('.plot');
    const reading = figure.querySelector('.reading');
    plots.forEach((spec, index) => {
      drawn.push({ plot: draw(spec, places[index], reading), place: places[index] });
    });
  }
  // uPlot draws in a microtask of its own: one more turn, and all is on the page.
  setTimeout(() => {
    document.documentElement.dataset.drawnMs = String(Math.round(performance.now() - begunMs));
  });

  const resizeAll = (widthOf) => {
    for (const { plot, place } of drawn) {
      plot.setSize({ width: widthOf(place), height: HEIGHT_PX });
      // Axes once more: labels that fit are chosen by the size that has just come about.
      plot.redraw(false, true);
    }
  };
  addEventListener('resize', () => resizeAll((place) => place.clientWidth));
  addEventListener('beforeprint', () => resizeAll(() => PAPER_PX));
  addEventListener('afterprint', () => resizeAll((place) => place.clientWidth));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
    resizeAll((place) => place.clientWidth),
  );
})();
