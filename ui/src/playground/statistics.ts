/** The value below which a share of the values lie, between neighbours where it falls between two; null of nothing. */
export function percentile(values: readonly number[], share: number): number | null {
  if (!values.length) return null;
  const sorted = [...values].sort((one, other) => one - other);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
}

/** How alike two vectors point: 1 the same way, 0 across, -1 against each other. */
export function cosine(one: readonly number[], other: readonly number[]): number {
  let [product, ones, others] = [0, 0, 0];
  for (let at = 0; at < Math.min(one.length, other.length); at += 1) {
    const [a, b] = [one[at] as number, other[at] as number];
    product += a * b;
    ones += a * a;
    others += b * b;
  }
  return ones && others ? product / Math.sqrt(ones * others) : 0;
}

/** Each vector's likeness to each. */
export function similarities(vectors: readonly (readonly number[])[]): number[][] {
  return vectors.map((one) => vectors.map((other) => cosine(one, other)));
}

/** A share of the way from the lowest to the highest of the values; 1 where they are all the same. */
export function shareOf(value: number, values: readonly number[]): number {
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  return highest > lowest ? (value - lowest) / (highest - lowest) : 1;
}
