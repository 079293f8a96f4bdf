import { isDamaged } from '../../scenario/utf8.ts';

/** One who logs in with Basic. */
export interface BasicUser {
  readonly user: string;
  readonly password: string;
}

/** Neither name nor password may hold one (RFC 7617 section 2). */
const CONTROL_CHARACTER = /\p{Cc}/u;

/** Why a user cannot log in with Basic, in words that show neither name nor password; undefined: it can. */
export function findBasicFault({ user, password }: BasicUser): string | undefined {
  if (user === '') return 'the user name is empty';
  if (user.includes(':')) return 'a user name holds no colon (RFC 7617 section 2)';
  if (CONTROL_CHARACTER.test(user) || CONTROL_CHARACTER.test(password))
    return 'user names and passwords hold no control characters (RFC 7617 section 2)';
  if (isDamaged(user) || isDamaged(password))
    return 'user name or password is not UTF-8, as where a variable or a terminal has another encoding';
  return undefined;
}

/** `Basic` and user:password in base64 of UTF-8, as browsers and curl write it (RFC 7617 section 2.1). */
export function basicFieldValue({ user, password }: BasicUser): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}
