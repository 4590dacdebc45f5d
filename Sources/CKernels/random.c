// Counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw 2011). Every value is a
// function of (seed, stream, index) alone, so results do not depend on threads or on order.
#include <math.h>

#include "kernel.h"

void glow_philox_block(uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4]) {
  uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32);
  uint32_t c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c0 = n0, c1 = (uint32_t)p1, c2 = n2, c3 = (uint32_t)p0;
    k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
  }
  out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

// 24 bits, so that every value is exact in a float and below 1.
INLINE float unit(uint32_t bits) { return (float)(bits >> 8) * 0x1p-24f; }

void glow_uniform(float *out, uint64_t seed, uint64_t stream, long begin, long end) {
  uint32_t b[4];
  for (long i = begin; i < end; i++) {
    if (i == begin || i % 4 == 0) glow_philox_block(seed, stream, (uint64_t)(i / 4), b);
    out[i - begin] = unit(b[i % 4]);
  }
}

// Box-Muller: a block of four uniforms gives four normals.
void glow_normal(float *out, uint64_t seed, uint64_t stream, long begin, long end) {
  uint32_t b[4];
  float n[4];
  for (long i = begin; i < end; i++) {
    if (i == begin || i % 4 == 0) {
      glow_philox_block(seed, stream, (uint64_t)(i / 4), b);
      for (int j = 0; j < 4; j += 2) {
        double radius = sqrt(-2.0 * log((b[j] + 0.5) * 0x1p-32));
        double angle = 6.283185307179586 * (b[j + 1] * 0x1p-32);
        n[j] = (float)(radius * cos(angle)), n[j + 1] = (float)(radius * sin(angle));
      }
    }
    out[i - begin] = n[i % 4];
  }
}

KERNEL void glow_dequantize(float *out, const int16_t *samples, const float *noise, glow_grid g,
                            long count) {
  for (long i = 0; i < count; i++)
    out[i] = ((float)(samples[i] >> g.shift) + noise[i]) * g.width + g.origin;
}

KERNEL long glow_quantize(int16_t *samples, const float *x, glow_grid g, long count) {
  float bins = 1.0f / g.width;
  long clamped = 0;
  for (long i = 0; i < count; i++) {
    float k = floorf((x[i] - g.origin) * bins);
    clamped += k < g.lowest || k > g.highest;
    k = k > g.lowest ? k : g.lowest;  // so does NaN; callers check for it before
    k = k < g.highest ? k : g.highest;
    samples[i] = (int16_t)floorf(k * g.step + 0.5f);
  }
  return clamped;
}
