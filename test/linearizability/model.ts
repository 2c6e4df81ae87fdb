/** What a correct object would do, one operation at a time. States are values: `step` makes a new one or gives the same back. */
export interface Model<State, Op> {
  readonly initial: State;
  /**
   * The state after `op` took effect in `state` and reported what it reported; null when it could not have, or when its effect would
   * show nothing that leaving it out does not.
   */
  step(state: State, op: Op): State | null;
  /** Only states of the same bucket are compared. */
  bucket(state: State): string;
  /** Of two states of one bucket: whatever can follow `other` can follow `state`. True of equal ones at least. */
  covers(state: State, other: State): boolean;
  /** True when `op` cannot take effect in `state` nor in any state that can follow it. Prunes; `false` is always right. */
  never(state: State, op: Op): boolean;
  /** Operations with equal names do the same in every state, so that one of unknown outcome stands for another. */
  alike(op: Op): string;
  describe(state: State): string;
}

/** One operation as the search sees it. */
export interface Call<Op> {
  readonly op: Op;
  readonly invokedAt: number;
  /** It took effect before this. Infinity: at any later time, or never. */
  readonly returnedAt: number;
}
