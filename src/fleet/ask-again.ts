/** A cluster chooses another leader within some ten seconds; a request waits for five. */
const TRIES = 5;
const BETWEEN_MS = 500;
/** JetStream's "temporarily unavailable". */
const UNAVAILABLE = 503;

/** Asks the server again if it did not answer or says that it cannot for now, as one that has just lost its leader. */
export async function askAgain<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await ask();
    } catch (error) {
      const { name, code } = error as Error & { code?: unknown };
      if (left <= 1 || !(name === 'TimeoutError' || code === UNAVAILABLE)) throw error;
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
  }
}
