// The one file that knows which oneDNN it is built with (2.x or 3.x).
#pragma once

#include <stdbool.h>

/// c = a · b, or c += a · b where `adding`, all row-major float32.
/// a is m×k (k×m where `transpose_a`), b is k×n (n×k where `transpose_b`), c is m×n; ld? is the
/// distance between rows. False where the library refuses.
bool conednn_sgemm(bool transpose_a, bool transpose_b, long m, long n, long k, const float *a,
                   long lda, const float *b, long ldb, float *c, long ldc,
                   bool adding);

/// The library's version, for `glow bench` and bug reports.
const char *conednn_version(void);
