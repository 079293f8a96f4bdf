import {
  type AddHelpTextContext,
  type AddHelpTextPosition,
  Command,
  InvalidArgumentError,
  type Option,
} from 'commander';
import { formatNotes } from './output/format-notes.ts';

/** Its types omit the method. */
const COMMANDER = Command.prototype as Command & { unknownOption(flag: string): void };

/** A command whose notes, such as examples, are fitted to the terminal's width. */
export class HelpfulCommand extends Command {
  #notes = '';

  /** The text after the flags, as written; may be empty. */
  get notes(): string {
    return this.#notes.trim();
  }

  override createCommand(name?: string): HelpfulCommand {
    return new HelpfulCommand(name);
  }

  /** An empty path would be the working folder: of a variable that is not set, as in `--results "$DIR"`. */
  override addOption(option: Option): this {
    const [, kind] = /[<[](?:[^>\]]*\|)?(dir|file)\b[^>\]]*[>\]]/.exec(option.flags) ?? [];
    if (kind === undefined) return super.addOption(option);
    const { parseArg, variadic, defaultValue } = option;
    return super.addOption(
      option.argParser((value: string, previous: unknown) => {
        if (value === '')
          throw new InvalidArgumentError(`It names no ${kind === 'dir' ? 'folder' : 'file'}.`);
        if (parseArg !== undefined) return parseArg(value, previous);
        if (!variadic) return value;
        return Array.isArray(previous) && previous !== defaultValue ? [...previous, value] : [value];
      }),
    );
  }

  override addHelpText(
    position: AddHelpTextPosition,
    text: string | ((context: AddHelpTextContext) => string),
  ): this {
    if (typeof text !== 'string') return super.addHelpText(position, text);
    this.#notes += `${text}\n`;
    return super.addHelpText(position, ({ error }) => formatNotes(text, this.#widthOf(error)));
  }

  /** Commander calls this for a flag that it does not know; what follows the flag's name may be a password. */
  unknownOption(flag: string): void {
    const [shown = flag] = /^(--[^=]*|-[^-])/.exec(flag) ?? [];
    COMMANDER.unknownOption.call(this, shown);
  }

  #widthOf(error: boolean): number {
    const { getOutHelpWidth, getErrHelpWidth } = this.configureOutput();
    return (error ? getErrHelpWidth?.() : getOutHelpWidth?.()) ?? 80;
  }
}
