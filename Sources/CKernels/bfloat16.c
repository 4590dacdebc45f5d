#include "kernel.h"

KERNEL void glow_widen(float *out, long out_stride, const uint16_t *x, long stride, long columns,
                       long begin, long end) {
  for (long r = begin; r < end; r++)
    for (long c = 0; c < columns; c++) out[r * out_stride + c] = glow_widened(x[r * stride + c]);
}

KERNEL void glow_narrow(uint16_t *out, long out_stride, const float *x, long stride, double *sums,
                        long columns, long begin, long end) {
  for (long r = begin; r < end; r++) {
    uint16_t *to = out + r * out_stride;
    const float *from = x + r * stride;
    COLUMNS(c, columns) to[c] = glow_narrowed(from[c]);
    if (sums) COLUMNS(c, columns) sums[c] += from[c];
  }
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
      sums[c] += glow_widened(masked);
    }
  }
}
