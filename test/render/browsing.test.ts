import { describe, expect, it } from 'vitest';
import type { RunDetail } from '../../src/analysis/run-detail.ts';
import type { ArmSummary } from '../../src/analysis/types.ts';
import { renderArm } from '../../src/render/arm.ts';
import { portsSection } from '../../src/render/report/ports-section.ts';
import { armSummary, summary } from './fixtures.ts';

const BROWSING: Pick<ArmSummary, 'browsing' | 'ports'> = {
  browsing: {
    ...{ pages: 1_240, pagesFailed: 2, connectionsPerPage: 9.5, challengesPerPage: 9 },
    ...{ connectionsWithoutRequest: 30, synsPerStall: 6.5 },
  },
  ports: {
    users: 300,
    perUser: { p50: 6, p90: 9, max: 16 },
    open: { p50: 1_700, p90: 1_800, max: 1_850 },
    held30s: { p50: 2_000, p90: 2_300, max: 2_400 },
    held120s: { p50: 3_000, p90: 4_000, max: 4_100 },
  },
};

const shown = (arm: ArmSummary): string =>
  renderArm('class', arm, 98, (_style, text) => text)
    .join('\n')
    .replace(/\s+/g, ' ');

describe('an arm of browsers', () => {
  it('says what a page costs, and what a NAT has to hold', () => {
    const text = shown(armSummary(BROWSING));
    expect(text).toContain(
      'pages 1,240, 2 of them incomplete; 9.50 connections and 9.00 requests for credentials each; 30 connections without a request; 6.50 SYNs per stalled handshake',
    );
    expect(text).toContain(
      'ports open at once: p50 1,700, p90 1,800, most 1,850; of one of 300 browsers: p50 6, p90 9, most 16',
    );
    expect(text).toContain(
      'kept 30 s after the close: p50 2,000, p90 2,300, most 2,400; 120 s: p50 3,000, p90 4,000, most 4,100',
    );
    const one = { ...BROWSING, ports: { ...BROWSING.ports!, users: 1 } };
    expect(shown(armSummary(one))).toContain('most 1,850; of the one browser: p50 6');
    const alone = { ...BROWSING, browsing: { ...BROWSING.browsing!, connectionsWithoutRequest: 1 } };
    expect(shown(armSummary(alone))).toContain('; 1 connection without a request;');
    expect(shown(armSummary())).not.toMatch(/pages|ports/);
  });

  it('has a section in the report, for each side that counted it', () => {
    const sideOf = (name: '' | 'before' | 'after', over: Partial<ArmSummary>) => ({
      name,
      run: {
        summary: summary({ arms: { class: armSummary(over) } }),
        arms: new Map([['class', { stalled: [], outcomes: new Map(), ramping: [] }]]),
      } as unknown as RunDetail,
    });
    const html = portsSection([sideOf('before', {}), sideOf('after', BROWSING)]);
    expect(html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ')).toContain(
      'after: class kept 120 s after the close 3,000 4,000 4,100',
    );
    expect(html).not.toContain('before: class');
    expect(portsSection([sideOf('', {})])).toBe('');
  });
});
