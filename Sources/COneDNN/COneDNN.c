#include "COneDNN.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>

bool conednn_sgemm(bool transpose_a, bool transpose_b, long m, long n, long k, const float *a,
                   long lda, const float *b, long ldb, bool accumulate, float *c, long ldc) {
  return dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a, lda, b, ldb,
                    accumulate ? 1.0f : 0.0f, c, ldc) == dnnl_success;
}

const char *conednn_version(void) {
  static char text[32];
  const dnnl_version_t *version = dnnl_version();
  snprintf(text, sizeof text, "%d.%d.%d", version->major, version->minor, version->patch);
  return text;
}
