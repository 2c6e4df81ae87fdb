/** A machine small enough that every state it can reach is looked at. States are values: an action makes a new one. */
export interface Machine<State> {
  readonly initial: Iterable<State>;
  /** Everything that can happen next. Bounds on messages, terms and the like are the machine's own: it stops offering. */
  successors(state: State): Iterable<Successor<State>>;
  /** Canonical: equal for states from which the same can happen, and for no others. */
  key(state: State): string;
  /**
   * The state under every renaming of what is interchangeable, itself included: states that one renaming makes equal are looked at once
   * (Clarke et al. 1996, symmetry reduction). Left out: there is none. The promises must not tell renamed states apart.
   */
  symmetric?(state: State): Iterable<State>;
  /** Promises that this state breaks, in words; none when it is right. */
  violations(state: State): readonly string[];
}

export interface Successor<State> {
  /** What happened, for people who read a trace. */
  readonly action: string;
  readonly state: State;
}
