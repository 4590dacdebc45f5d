// What every kernel file shares: the processor variants, loops over columns, the formats, and the
// functions that vectorise.
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

// Over the columns of rows that are the same or lie apart: whether they overlap is not asked at run
// time, as the answer for a row that is changed in place is a loop without vectors.
#define COLUMNS(c, count) \
  _Pragma("clang loop vectorize(assume_safety)") for (long c = 0; c < (count); c++)

#pragma clang fp contract(fast)

INLINE float glow_widened(uint16_t x) {
  uint32_t bits = (uint32_t)x << 16;
  float y;
  memcpy(&y, &bits, sizeof y);
  return y;
}

/// To nearest, ties to even; a NaN stays one.
INLINE uint16_t glow_narrowed(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return (uint16_t)(x != x ? bits >> 16 | 0x40 : rounded);
}

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

/// log(x) of a positive, normal x to 2 units in the last place, without a branch.
INLINE float glow_log(float x) {
  int32_t bits, shifted;
  memcpy(&bits, &x, sizeof bits);
  shifted = bits - 0x3f3504f3;  // so that the mantissa lies from √½ to √2
  float exponent = (float)(shifted >> 23), m;
  bits -= shifted & (int32_t)0xff800000;
  memcpy(&m, &bits, sizeof m);
  float f = m - 1.0f, square = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  p = p * f * square - exponent * 2.12194440e-4f - 0.5f * square;
  return f + p + exponent * 0.693359375f;
}

/// log(1 + exp(x)) of an x that is 0 at most.
INLINE float glow_log1p_exp(float x) {
  float e = glow_exp(x);
  // log1p by the ratio of what rounding left of e
  float u = 1.0f + e, rest = u - 1.0f;
  return rest > 0.0f ? glow_log(u) * (e / (rest > 0.0f ? rest : 1.0f)) : e;
}

/// log(1 + exp(x)), without overflow.
INLINE float glow_softplus(float x) {
  return (x > 0.0f ? x : 0.0f) + glow_log1p_exp(x < 0.0f ? x : -x);
}

INLINE float glow_tanh(float x) {
  // near 0 by its series, where the difference below would lose digits
  float square = x * x;
  float series =
      x * (1.0f + square * (-0.33333333f + square * (0.13333333f - square * 0.053968254f)));
  float e = glow_exp(-2.0f * (x < 0.0f ? -x : x));
  float large = (1.0f - e) / (1.0f + e);
  return square < 0.04f ? series : x < 0.0f ? -large : large;
}

INLINE float glow_sigmoid(float x) { return 1.0f / (1.0f + glow_exp(-x)); }
