/** The header that carries the control key, here and at the supervisor. On its own, as the command needs no more than this. */
export const CONTROL_HEADER = "x-mpreg-control";
