// Products of many small matrices, one an example.
#include "kernel.h"

// c is small enough to stay in the cache; its rows are summed from rows of b, which vectorises.
INLINE void add_products(float *c, const float *a, long a_row, long a_step, const float *b, long m,
                         long n, long k) {
  for (long i = 0; i < m; i++)
    for (long p = 0; p < k; p++) {
      float factor = a[i * a_row + p * a_step];
      for (long j = 0; j < n; j++) c[i * n + j] += factor * b[p * n + j];
    }
}

// Of b transposed, each element is a sum along rows of both.
INLINE void dot_products(float *c, const float *a, const float *b, long m, long n, long k) {
#pragma clang fp reassociate(on)
  for (long i = 0; i < m; i++)
    for (long j = 0; j < n; j++) {
      float sum = 0.0f;
      for (long p = 0; p < k; p++) sum += a[i * k + p] * b[j * k + p];
      c[i * n + j] = sum;
    }
}

KERNEL void glow_batch_product(float *c, const float *a, bool transpose_a, const float *b,
                               bool transpose_b, long m, long n, long k, long begin, long end) {
  for (long i = begin; i < end; i++) {
    float *to = c + i * m * n;
    const float *left = a + i * m * k, *right = b + i * k * n;
    if (transpose_b) {
      dot_products(to, left, right, m, n, k);
    } else {
      memset(to, 0, (size_t)(m * n) * sizeof *to);
      if (transpose_a)
        add_products(to, left, 1, m, right, m, n, k);
      else
        add_products(to, left, k, 1, right, m, n, k);
    }
  }
}
