import { isDamaged } from '../../scenario/utf8.ts';

/** A user who authenticates with Basic. */
export interface BasicUser {
  readonly user: string;
  readonly password: string;
}

/** RFC 7617 section 2 forbids control characters in the user name and the password. */
const CONTROL_CHARACTER = /\p{Cc}/u;

/** Explains why these credentials cannot be used with Basic, without revealing either; undefined if they can. */
export function findBasicFault({ user, password }: BasicUser): string | undefined {
  if (user === '') return 'the user name is empty';
  if (user.includes(':')) return 'a user name cannot contain a colon (RFC 7617 section 2)';
  if (CONTROL_CHARACTER.test(user) || CONTROL_CHARACTER.test(password))
    return 'user names and passwords cannot contain control characters (RFC 7617 section 2)';
  if (isDamaged(user) || isDamaged(password))
    return 'the user name or password is not UTF-8: the variable or terminal may use another encoding';
  return undefined;
}

/** `Basic` and the base64 of `user:password` in UTF-8, as browsers and curl send it (RFC 7617 section 2.1). */
export function basicFieldValue({ user, password }: BasicUser): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}
