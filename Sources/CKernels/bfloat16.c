#include "kernel.h"

INLINE float widened(uint16_t x) {
  uint32_t bits = (uint32_t)x << 16;
  float y;
  memcpy(&y, &bits, sizeof y);
  return y;
}

// To nearest, ties to even; a NaN stays one.
INLINE uint16_t narrowed(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return (uint16_t)(x != x ? bits >> 16 | 0x40 : rounded);
}

KERNEL void glow_widen(float *out, long out_stride, const uint16_t *x, long stride, long columns,
                       long begin, long end) {
  for (long r = begin; r < end; r++)
    for (long c = 0; c < columns; c++) out[r * out_stride + c] = widened(x[r * stride + c]);
}

KERNEL void glow_narrow(uint16_t *out, long out_stride, const float *x, long stride, long columns,
                        long begin, long end) {
  for (long r = begin; r < end; r++)
    for (long c = 0; c < columns; c++) out[r * out_stride + c] = narrowed(x[r * stride + c]);
}

KERNEL void glow_relu_backward_bfloat16(uint16_t *d, long d_stride, const uint16_t *y, long stride,
                                        float *sums, long columns, long begin, long end) {
  for (long r = begin; r < end; r++) {
    uint16_t *row = d + r * d_stride;
    const uint16_t *out = y + r * stride;
    for (long c = 0; c < columns; c++) {
      uint16_t masked = row[c];  // loaded in any case, or the loop isn't vectorised
      masked = (out[c] & 0x7fff) == 0 ? 0 : masked;
      row[c] = masked;
      sums[c] += widened(masked);
    }
  }
}
