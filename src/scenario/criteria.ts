import { UsageError } from '../errors.ts';
import { FIGURES, type FigureKind, figureKind } from './figures.ts';
import { suggest } from './suggest.ts';
import type { Criterion } from './types.ts';
import { parseDuration, parsePercentage, parseRate } from './units.ts';

const CRITERION = /^([A-Za-z0-9_-]+|\*)\.([A-Za-z0-9_.-]+)\s*(<=|>=|==|!=|<|>)\s*(\S+)$/;

/** How to write a bound of each kind, for the error that asks for it. */
const BOUND_EXAMPLES: Readonly<Record<FigureKind, string>> = {
  count: 'a count: write a plain number',
  ratio: 'a ratio: write a plain number such as 1.05',
  share: 'a share: write a percentage such as 0.1%, or a number from 0 to 1',
  timeUs: 'a time: write it with its unit, such as 50ms',
  rate: 'a rate: write it such as 950/s',
};

/**
 * Reads a pass criterion: `<arm>.<figure> <operator> <bound>`, where the arm may be `*` for every arm and the figure is
 * a path in summary.json. The caller checks whether the arm exists.
 * @throws UsageError
 */
export function parseCriterion(text: string): Criterion {
  const match = CRITERION.exec(text.trim());
  if (match === null) {
    throw new UsageError(`"${text}" is not a criterion`, {
      hint: 'write <arm>.<figure> <operator> <bound>, such as stress.stalled.rate < 0.1%',
    });
  }
  const [, arm = '', figure = '', operator = '', bound = ''] = match;
  const kind = figureKind(figure);
  if (kind === undefined) {
    throw new UsageError(`there is no figure "${figure}"`, { hint: suggestFigure(figure) });
  }
  return {
    text: text.trim(),
    arm,
    path: figure.split('.'),
    operator: operator as Criterion['operator'],
    bound: parseBound(bound, kind, figure),
  };
}

function suggestFigure(figure: string): string {
  const [, word] = /^(status|tunnelStatus)(?:es)?(?:\.|$)/.exec(figure) ?? [];
  const counts = `${word}es`;
  if (word !== undefined)
    return `write ${counts}.<status> with a status from 100 to 599, such as ${counts}.503, or ${counts}.other`;
  const below = [...FIGURES.keys()].filter((known) => known.startsWith(`${figure}.`));
  if (below.length > 0) return `name one figure of it: ${below.slice(0, 4).join(', ')}`;
  const hint = suggest(figure, [...FIGURES.keys()]);
  return hint.startsWith('did you mean')
    ? hint
    : 'docs/scenarios.md lists all figures; common ones are stalled.rate, unsent, completedShare, handshakeUs.p99';
}

/** The bound in the figure's own unit. A plain number already is in that unit, but for a time it would be ambiguous. */
function parseBound(text: string, kind: FigureKind, figure: string): number {
  const plain = /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  try {
    switch (kind) {
      case 'count':
      case 'ratio':
        if (plain !== undefined) return plain;
        break;
      case 'share':
        // 5, meant as 5 %, would always hold.
        if (plain === undefined) return parsePercentage(text);
        if (plain <= 1) return plain;
        break;
      case 'timeUs':
        if (plain === undefined) return parseDuration(text);
        break;
      case 'rate':
        return plain ?? parseRate(text);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
  }
  throw new UsageError(`"${text}" is not a bound for ${figure}`, {
    hint: `this figure is ${BOUND_EXAMPLES[kind]}`,
  });
}
