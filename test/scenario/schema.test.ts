import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { authKeys } from '../../src/scenario/auth-schema.ts';
import { browserKeys, pageKeys } from '../../src/scenario/browsers-schema.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import { armSchema, exportJsonSchema, scenarioSchema } from '../../src/scenario/schema.ts';
import { sourceKeys } from '../../src/scenario/source-schema.ts';
import { tls } from '../../src/scenario/tls-schema.ts';

interface Node {
  description?: string;
  properties?: Record<string, Node>;
  additionalProperties?: Node | boolean;
  items?: Node;
  anyOf?: Node[];
}

/** Every key that a user may write, with what the schema says of it. */
function keysOf(node: Node, path = ''): [path: string, node: Node][] {
  const own = Object.entries(node.properties ?? {}).flatMap(([key, child]): [string, Node][] => [
    [`${path}.${key}`, child],
    ...keysOf(child, `${path}.${key}`),
  ]);
  const others = typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
  return [
    ...own,
    ...[...others, ...(node.anyOf ?? []), ...(node.items ? [node.items] : [])].flatMap((child) =>
      keysOf(child, path),
    ),
  ];
}

describe('the exported JSON Schema', () => {
  // To write it anew: npx vitest run test/scenario/schema.test.ts -u
  it('is the one in scenarios/schema.json', async () => {
    const text = `${JSON.stringify(exportJsonSchema(), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot('../../scenarios/schema.json');
  });

  it('describes every key', () => {
    const keys = keysOf(exportJsonSchema() as Node);
    expect(keys.length).toBeGreaterThan(60);
    expect(
      keys
        .filter(([, node]) => !node.description && !node.anyOf?.every(({ description }) => description))
        .map(([path]) => path),
    ).toEqual([]);
  });

  it('refuses unknown keys wherever keys may stand', () => {
    const json = exportJsonSchema() as Node;
    const maps = [
      json,
      ...keysOf(json).map(([, node]) => node),
      ...keysOf(json).flatMap(([, node]) => node.anyOf ?? []),
    ];
    const open = maps.filter(
      ({ properties, additionalProperties }) => properties && additionalProperties !== false,
    );
    expect(open).toEqual([]);
  });
});

describe('the reference', () => {
  const read = () => readFile(new URL('../../docs/scenarios.md', import.meta.url), 'utf8');

  it('shows only scenarios that load', async () => {
    const blocks = [...(await read()).matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block);
    expect(blocks.length).toBeGreaterThanOrEqual(4);
    for (const block of blocks) {
      expect(parseScenario(block, 'documented').arms.map(({ name }) => name)).toEqual(
        Object.keys(parse(block).arms),
      );
    }
  });

  it('names every key of a scenario and of an arm', async () => {
    const text = await read();
    const nested = ['request', 'timeouts', 'socket'] as const;
    const source = Object.keys(sourceKeys.shape).map((key) => `source.${key}`);
    const armKeys = Object.keys(armSchema.shape).filter(
      (key) => ![...nested, 'source'].some((map) => map === key),
    );
    const below = nested.flatMap((map) =>
      Object.keys(armSchema.shape[map].unwrap().shape).map((key) => `${map}.${key}`),
    );
    const auth = Object.keys(authKeys.shape).map((key) => `auth.${key}`);
    const secured = Object.keys(tls.shape).map((key) => `tls.${key}`);
    const page = Object.keys(pageKeys.shape).map((key) => `page.${key}`);
    const browsers = Object.keys(browserKeys.shape).filter((key) => key !== 'page');
    const keys = [...armKeys, ...below, ...source, ...auth, ...secured, ...browsers, ...page];
    const missing = [...Object.keys(scenarioSchema.shape), ...keys].filter(
      (key) => !text.includes(`| \`${key}\` |`),
    );
    expect(missing).toEqual([]);
  });
});
