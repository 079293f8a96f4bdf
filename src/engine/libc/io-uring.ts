/**
 * Numbers and structures of io_uring, from uapi/linux/io_uring.h. The same on every architecture, calls included
 * (uapi/asm-generic/unistd.h; io_uring came after numbers were made common).
 */
export const SYS_IO_URING_SETUP = 425;
export const SYS_IO_URING_ENTER = 426;
export const SYS_IO_URING_REGISTER = 427;

/** io_uring_setup(2), flags. */
export const IORING_SETUP_CQSIZE = 1 << 3;
export const IORING_SETUP_CLAMP = 1 << 4;
/** One bad entry does not keep those behind it from being submitted. */
export const IORING_SETUP_SUBMIT_ALL = 1 << 7;
/** Only the thread that set it up submits: Linux 6.0. */
export const IORING_SETUP_SINGLE_ISSUER = 1 << 12;
/** Completions are worked off in io_uring_enter() alone, all at once and by the thread itself: Linux 6.1. */
export const IORING_SETUP_DEFER_TASKRUN = 1 << 13;

/** io_uring_setup(2), features. */
export const IORING_FEAT_SINGLE_MMAP = 1 << 0;
/** Completions that find the ring full are kept by the kernel. */
export const IORING_FEAT_NODROP = 1 << 1;
export const IORING_FEAT_EXT_ARG = 1 << 8;

/** struct io_uring_params: 4-byte words. The two offset tables are structures of their own within it. */
export const PARAMS_BYTES = 120;
export const PARAMS_SQ_ENTRIES = 0;
export const PARAMS_CQ_ENTRIES = 1;
export const PARAMS_FLAGS = 2;
export const PARAMS_FEATURES = 5;
export const PARAMS_SQ_HEAD = 10;
export const PARAMS_SQ_TAIL = 11;
export const PARAMS_SQ_ARRAY = 16;
export const PARAMS_CQ_HEAD = 20;
export const PARAMS_CQ_TAIL = 21;
export const PARAMS_CQ_CQES = 25;

/** Where mmap(2) finds the rings and the submission entries. */
export const IORING_OFF_SQ_RING = 0;
export const IORING_OFF_SQES = 0x1000_0000;

export const SQE_BYTES = 64;
export const CQE_BYTES = 16;

/** io_uring_enter(2). With EXT_ARG its last argument is a struct io_uring_getevents_arg: mask, its size, time. */
export const IORING_ENTER_GETEVENTS = 1 << 0;
export const IORING_ENTER_EXT_ARG = 1 << 3;
export const GETEVENTS_ARG_BYTES = 24;
/** In words: the address of a struct timespec. */
export const GETEVENTS_ARG_TIMESPEC = 4;

export const IORING_OP_POLL_ADD = 6;
export const IORING_OP_ASYNC_CANCEL = 14;

/** io_uring_register(2). */
export const IORING_REGISTER_PROBE = 8;

/** struct io_uring_probe: a head of 16 bytes (the last operation known, in its first), then 8 for each operation. */
export const PROBE_HEAD_BYTES = 16;
export const PROBE_OP_BYTES = 8;
/** In an operation's third byte. */
export const IO_URING_OP_SUPPORTED = 1 << 0;
