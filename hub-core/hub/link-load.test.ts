import { expect, test } from "vitest";
import { LinkLoad } from "./link-load.ts";

const WINDOW_BYTES = 1_000;
const quality = () => ({ rttMs: 10, loss: 0 });

test("LINK-6: a renewed link is still there at every look, and counts from zero", () => {
  const load = new LinkLoad();
  const look = (at: number, bytesSent: number) => load.measure([{ peer: "b", bytesSent }], WINDOW_BYTES, quality, at);
  expect(look(0, 0)).toEqual([]);
  expect(look(1_000, 50_000)).toMatchObject([{ peer: "b", utilisation: 0.5 }]);
  // Fewer bytes than before: another socket.
  expect(look(2_000, 10_000)).toMatchObject([{ peer: "b", utilisation: 0.1 }]);
  expect(look(3_000, 20_000)).toMatchObject([{ peer: "b", utilisation: 0.1 }]);
});

test("LINK-6: a link that went is measured anew when it returns", () => {
  const load = new LinkLoad();
  load.measure([{ peer: "b", bytesSent: 5 }], WINDOW_BYTES, quality, 0);
  expect(load.measure([], WINDOW_BYTES, quality, 1_000)).toEqual([]);
  expect(load.measure([{ peer: "b", bytesSent: 9 }], WINDOW_BYTES, quality, 2_000)).toEqual([]);
});
