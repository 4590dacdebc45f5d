// The one target that knows which oneDNN it is built with (2.x or 3.x).
#pragma once

#include <stdbool.h>

/// c = a · b, or c += a · b where `adding`, all row-major float32.
/// a is m×k (k×m where `transpose_a`), b is k×n (n×k where `transpose_b`), c is m×n; ld? is the
/// distance between rows. False where the library refuses.
bool conednn_sgemm(bool transpose_a, bool transpose_b, long m, long n, long k, const float *a,
                   long lda, const float *b, long ldb, float *c, long ldc,
                   bool adding);

/// A product of the general kind: operands of one format, and what may follow before c is written.
typedef struct {
  bool transpose_a, transpose_b;
  long m, n, k, lda, ldb, ldc;
  /// Whether a and b, and whether c, are bfloat16 rather than float32.
  bool narrow_operands, narrow_result;
  /// Whether a float32 bias is added to each row, and max(c, 0) is taken then.
  bool has_bias, rectify;
} conednn_product;

/// Whether the processor multiplies bfloat16, and the library may let it.
bool conednn_multiplies_bfloat16(void);
/// Whether it does so in tiles (AMX).
bool conednn_multiplies_in_tiles(void);
/// c = a · b + bias, rectified where asked; what does it is made for so many threads. False where the
/// library has no such product here.
bool conednn_multiply(conednn_product p, int threads, const void *a, const void *b,
                      const float *bias, void *c);

/// The instruction set that products are made with, in the library's own number.
const char *conednn_instruction_set(void);

/// The library's version, for `glow bench` and bug reports.
const char *conednn_version(void);
