/** A Durable Object that is nothing but a hub's storage, for tests to write to and read from. */
import { DurableObject } from "cloudflare:workers";
import { Store } from "../../durable-objects/storage/index.ts";
import type { StoredWrite } from "../../hub-core/common/outbox.ts";
import type { StoredState } from "../../hub-core/hub/contract.ts";

export class StorageObject extends DurableObject {
  #opened: Store | null = null;

  load(): StoredState {
    return this.#store().load();
  }

  /** What went wrong, or null. */
  write(writes: readonly StoredWrite[]): string | null {
    try {
      this.#store().write(writes);
      return null;
    } catch (error) {
      return String(error);
    }
  }

  /** Behind the store's back, and before there is one. */
  sql(statement: string): Record<string, unknown>[] {
    return this.ctx.storage.sql.exec(statement).toArray();
  }

  /** Another run of the same object. */
  reopen(): void {
    this.#opened = null;
  }

  #store(): Store {
    this.#opened ??= new Store(this.ctx.storage, Date.now());
    return this.#opened;
  }
}

export default { fetch: () => new Response(null, { status: 404 }) };
