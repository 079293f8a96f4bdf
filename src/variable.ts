/** An environment variable; undefined if it is not set, also under the name of what every object has, such as toString. */
export function variable(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}
