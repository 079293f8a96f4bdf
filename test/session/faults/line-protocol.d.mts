export function readPoint(line: string): {
  key: string;
  fields: Record<string, number>;
  text: string;
  at: number;
};
