import { expect, test } from "vitest";
import { absolute, nextTo, openingOf } from "./steer";

const box = (x: number, y: number, width = 240, height = 84) => ({ x, y, width, height });
const boxes = absolute({ a: box(0, 0), each: box(0, 140, 600, 300), "each.b": box(20, 60), "each.c": box(300, 60), d: box(0, 500) });

test("arrows go to the nearest node in their direction, into frames and out again", () => {
  expect(nextTo("a", "ArrowDown", boxes)).toBe("each");
  expect(nextTo("each", "ArrowDown", boxes)).toMatch(/^each\./);
  expect(nextTo("each.b", "ArrowRight", boxes)).toBe("each.c");
  expect(nextTo("each.c", "ArrowLeft", boxes)).toBe("each.b");
  expect(nextTo("each.b", "ArrowDown", boxes)).toBe("d");
  expect(nextTo("a", "ArrowUp", boxes)).toBeUndefined();
});

test("without a place to begin it is the first", () => expect(nextTo("", "ArrowDown", boxes)).toBe("a"));

test("a canvas opens as a whole, or where it begins", () => {
  const whole = openingOf([box(0, 0), box(0, 900)], 800, 600);
  expect(whole.zoom).toBeCloseTo((600 - 48) / 984);
  expect(whole.y).toBeCloseTo(24);
  expect(openingOf(Array.from({ length: 500 }, (_, i) => box(0, i * 140)), 800, 600)).toEqual({ zoom: 1, x: 280, y: 48 });
});
