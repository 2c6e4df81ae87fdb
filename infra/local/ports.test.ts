import { expect, test } from "vitest";
import { allocatePorts, PortTaken } from "./ports.ts";

const free =
  (...taken: number[]) =>
  (port: number): Promise<boolean> =>
    Promise.resolve(!taken.includes(port));

test("a name keeps the port that it had", async () => {
  expect(await allocatePorts([{ name: "a", preferred: 10 }], { a: 77 }, free())).toEqual({ a: 77 });
});

test("a taken port gives way to the next that is free, and no two names share one", async () => {
  const requests = [
    { name: "a", preferred: 10 },
    { name: "b", preferred: 10 },
  ];
  expect(await allocatePorts(requests, {}, free(10))).toEqual({ a: 11, b: 12 });
});

test("a port that was asked for is that port or an error", async () => {
  const request = { name: "front", preferred: 10, required: true };
  expect(await allocatePorts([request], { front: 99 }, free())).toEqual({ front: 10 });
  await expect(allocatePorts([request], {}, free(10))).rejects.toThrow(PortTaken);
});
