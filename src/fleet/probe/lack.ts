/**
 * The code of an error that the system has given, such as EMFILE. Its message may hold paths, and is for nobody else.
 * @throws the error, if it is not the system's: a fault of the program is hidden from nobody
 */
export function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) throw error;
  return code;
}
