#include "COneDNN.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>

#ifdef __GLIBC__
#include <malloc.h>

// A product borrows scratch memory from malloc and returns it. By default glibc hands blocks of
// this size back to the system at once, and fresh pages every time cost a tenth of a training step.
__attribute__((constructor)) static void keep_freed_memory(void) {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}
#endif

bool conednn_sgemm(bool transpose_a, bool transpose_b, long m, long n, long k, const float *a,
                   long lda, const float *b, long ldb, float *c, long ldc, bool adding) {
  return dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a, lda, b, ldb,
                    adding ? 1.0f : 0.0f, c, ldc) == dnnl_success;
}

#ifdef __x86_64__
// A newer instruction set has the bits of those it contains.
static bool has(int set) { return ((int)dnnl_get_effective_cpu_isa() & set) == set; }

bool conednn_multiplies_bfloat16(void) { return has(dnnl_cpu_isa_avx512_core_bf16); }
bool conednn_multiplies_in_tiles(void) { return has(dnnl_cpu_isa_avx512_core_amx); }
#else
bool conednn_multiplies_bfloat16(void) { return false; }
bool conednn_multiplies_in_tiles(void) { return false; }
#endif

const char *conednn_instruction_set(void) {
#ifdef __x86_64__
  static char text[32];
  snprintf(text, sizeof text, "oneDNN's %#x", (int)dnnl_get_effective_cpu_isa());
  return text;
#else
  return "this processor's";
#endif
}

const char *conednn_version(void) {
  static char text[32];
  const dnnl_version_t *version = dnnl_version();
  snprintf(text, sizeof text, "%d.%d.%d", version->major, version->minor, version->patch);
  return text;
}
