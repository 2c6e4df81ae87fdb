/**
 * A cluster's incarnation counts two things: in its high part lifetimes, from a registration to the removal, and in its low
 * part changes of owner within one. A removal takes the last number of the lifetime, so that no adoption made meanwhile on
 * the other side of a partition, however often, brings the cluster back; the next registration begins a new lifetime.
 */
const OWNERS_PER_LIFETIME = 2 ** 20;

/** The first that any owner in the lifetime of `incarnation` can have. */
export function startOfLifetime(incarnation: number): number {
  return incarnation - (incarnation % OWNERS_PER_LIFETIME);
}

/** The incarnation that buries all of the lifetime that `incarnation` is in. */
export function endOfLifetime(incarnation: number): number {
  return startOfLifetime(incarnation) + OWNERS_PER_LIFETIME - 1;
}
