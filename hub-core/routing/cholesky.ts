/** Cholesky factor of a small symmetric positive definite matrix, and the solution with it. Row-major, in place. */

/** `matrix` (n × n) becomes its lower factor. False when it is not positive definite. */
export function factor(matrix: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (matrix[i * n + k] as number) * (matrix[j * n + k] as number);
      if (i !== j) matrix[i * n + j] = sum / (matrix[j * n + j] as number);
      else if (sum > 0) matrix[i * n + i] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** Solves L·x = b: with the variance's right-hand side this is all that is needed. */
export function forward(lower: Float64Array, n: number, b: Float64Array): Float64Array {
  const x = b.slice();
  for (let i = 0; i < n; i++) {
    let sum = x[i] as number;
    for (let k = 0; k < i; k++) sum -= (lower[i * n + k] as number) * (x[k] as number);
    x[i] = sum / (lower[i * n + i] as number);
  }
  return x;
}

/** Solves L·Lᵀ·x = b. */
export function solve(lower: Float64Array, n: number, b: Float64Array): Float64Array {
  const x = forward(lower, n, b);
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i] as number;
    for (let k = i + 1; k < n; k++) sum -= (lower[k * n + i] as number) * (x[k] as number);
    x[i] = sum / (lower[i * n + i] as number);
  }
  return x;
}
