/**
 * Classic BPF programs (Documentation/networking/filter.rst in the kernel tree): the kernel runs one for each packet
 * and copies only what it accepts. Codes are those of uapi/linux/bpf_common.h.
 */
export const BPF = {
  LOAD_WORD: 0x20,
  LOAD_HALF: 0x28,
  LOAD_BYTE: 0x30,
  LOAD_HALF_X: 0x48,
  LOAD_BYTE_X: 0x50,
  /** X = 4 * (byte & 0xf): the length of an IPv4 header. */
  LOAD_X_HEADER_LENGTH: 0xb1,
  COPY_TO_X: 0x07,
  JUMP: 0x05,
  JUMP_IF_EQUAL: 0x15,
  JUMP_IF_ABOVE: 0x25,
  JUMP_IF_AT_LEAST: 0x35,
  JUMP_IF_SET: 0x45,
  AND: 0x54,
  SHIFT_RIGHT: 0x74,
  ADD_X: 0x0c,
  SUBTRACT_X: 0x1c,
  RETURN: 0x06,
} as const;

/** sizeof(struct sock_filter). */
export const INSTRUCTION_BYTES = 8;

/** A conditional jump reaches no farther. */
const MAX_DISTANCE = 255;

interface Instruction {
  readonly code: number;
  readonly value: number;
  readonly ifTrue?: string | undefined;
  readonly ifFalse?: string | undefined;
}

/** Instructions with named jumps; an undefined target is the next instruction. */
export class FilterProgram {
  readonly #instructions: Instruction[] = [];
  readonly #labels = new Map<string, number>();

  /** Any instruction that does not jump. */
  load(code: number, value: number): void {
    this.#instructions.push({ code, value });
  }

  jump(code: number, value: number, ifTrue: string | undefined, ifFalse: string | undefined): void {
    this.#instructions.push({ code, value, ifTrue, ifFalse });
  }

  /** Goes on elsewhere, however far that is. */
  leap(to: string): void {
    this.#instructions.push({ code: BPF.JUMP, value: 0, ifTrue: to });
  }

  label(name: string): void {
    this.#labels.set(name, this.#instructions.length);
  }

  end(name: string, value: number): void {
    this.label(name);
    this.#instructions.push({ code: BPF.RETURN, value });
  }

  /** @throws RangeError if a jump leads backwards or too far */
  assemble(): Uint8Array {
    const bytes = new Uint8Array(this.#instructions.length * INSTRUCTION_BYTES);
    const view = new DataView(bytes.buffer);
    this.#instructions.forEach(({ code, value, ifTrue, ifFalse }, index) => {
      const at = index * INSTRUCTION_BYTES;
      const isLeap = code === BPF.JUMP;
      view.setUint16(at, code, true);
      if (!isLeap) {
        bytes[at + 2] = this.#distance(index, ifTrue);
        bytes[at + 3] = this.#distance(index, ifFalse);
      }
      view.setUint32(at + 4, isLeap ? this.#labels.get(ifTrue!)! - index - 1 : value, true);
    });
    return bytes;
  }

  #distance(from: number, label: string | undefined): number {
    const distance = label === undefined ? 0 : this.#labels.get(label)! - from - 1;
    if (!(distance >= 0 && distance <= MAX_DISTANCE))
      throw new RangeError(`a jump to ${label} by ${distance}`);
    return distance;
  }
}
