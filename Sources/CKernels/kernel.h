// What every kernel file shares: the processor variants, and the exponential.
#pragma once

#include <stdint.h>
#include <string.h>

#include "CKernels.h"

// One build runs everywhere: the loader picks the variant that the processor has. ("avx2" as a
// variant would leave out the fused multiply-add.) The choice is made before the thread sanitizer is
// ready, which ends the program.
#if defined(__x86_64__) && defined(__linux__) && !__has_feature(thread_sanitizer)
#define KERNEL \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define KERNEL
#endif
#define INLINE static inline __attribute__((always_inline))

#pragma clang fp contract(fast)

/// exp(x) to 2 units in the last place, without a branch so that loops over it vectorise.
INLINE float glow_exp(float x) {
  x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
  float n = __builtin_rintf(x * 1.44269504f);
  float r = x - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  int32_t bits = ((int32_t)(n == n ? n : 0.0f) + 127) << 23;  // p carries a NaN on
  float power;
  memcpy(&power, &bits, sizeof power);
  return p * power;
}

INLINE float glow_sigmoid(float x) { return 1.0f / (1.0f + glow_exp(-x)); }
