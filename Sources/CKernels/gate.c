// Gates: the arithmetic between the products of a WaveNet layer, and gated linear units.
#include "kernel.h"

// The same bits as ever: runs of sounds resume exactly.
INLINE float gate_tanh(float x) { return 2.0f * glow_sigmoid(2.0f * x) - 1.0f; }

KERNEL void glow_gate(float *a, long stride, const float *bias, long width, long begin, long end) {
  for (long r = begin; r < end; r++) {
    float *t = a + r * stride, *s = t + width;
    COLUMNS(c, width) {
      t[c] = gate_tanh(t[c] + bias[c]);
      s[c] = glow_sigmoid(s[c] + bias[width + c]);
    }
  }
}

#define GATED(name, element, of)                                                             \
  KERNEL void name(element *g, long g_stride, const float *a, long stride, long width,       \
                   long begin, long end) {                                                   \
    for (long r = begin; r < end; r++) {                                                     \
      const float *t = a + r * stride, *s = t + width;                                       \
      element *to = g + (r - begin) * g_stride;                                              \
      COLUMNS(c, width) to[c] = of(t[c] * s[c]);                                             \
    }                                                                                        \
  }
GATED(glow_gated, float, (float))
GATED(glow_gated_bfloat16, uint16_t, glow_narrowed)

KERNEL void glow_gate_backward(float *a, long stride, uint16_t *narrow, long narrow_stride,
                               const float *dg, long dg_stride, double *sums, long width,
                               long begin, long end) {
  for (long r = begin; r < end; r++) {
    float *t = a + r * stride, *s = t + width;
    const float *d = dg + (r - begin) * dg_stride;
    COLUMNS(c, width) {
      float filter = t[c], gate = s[c];
      t[c] = d[c] * gate * (1.0f - filter * filter);
      s[c] = d[c] * filter * gate * (1.0f - gate);
    }
    COLUMNS(c, 2 * width) sums[c] += t[c];
    if (narrow) {
      uint16_t *to = narrow + r * narrow_stride;
      COLUMNS(c, 2 * width) to[c] = glow_narrowed(t[c]);
    }
  }
}

KERNEL void glow_residual(float *out, long out_stride, const float *x, long x_stride,
                          const float *r, long r_stride, const float *bias, long width, long begin,
                          long end) {
  for (long row = begin; row < end; row++) {
    float *to = out + row * out_stride;
    const float *from = r + (row - begin) * r_stride;
    if (x) {
      const float *old = x + row * x_stride;
      COLUMNS(c, width) to[c] = old[c] + from[c] + bias[c];
    } else {
      COLUMNS(c, width) to[c] = from[c] + bias[c];
    }
  }
}

KERNEL void glow_add_between(float *x, long stride, const float *table, long table_stride,
                             const int32_t *places, const float *shares, long width, long begin,
                             long end) {
  for (long r = begin; r < end; r++) {
    float *to = x + r * stride, share = shares[r];
    const float *from = table + places[r] * table_stride;
    const float *next = share > 0.0f ? from + table_stride : from;
    for (long c = 0; c < width; c++) to[c] += from[c] + share * (next[c] - from[c]);
  }
}

KERNEL void glow_sum_between(float *sums, long sums_stride, const float *d, long stride,
                             const int32_t *places, const float *shares, long width, long begin,
                             long end) {
  for (long r = begin; r < end; r++) {
    float *to = sums + places[r] * sums_stride, share = shares[r];
    const float *from = d + r * stride;
    for (long c = 0; c < width; c++) to[c] += (1.0f - share) * from[c];
    if (share > 0.0f) {
      for (long c = 0; c < width; c++) to[sums_stride + c] += share * from[c];
    }
  }
}

KERNEL void glow_glu(float *out, const float *x, long stride, long width, long begin, long end) {
  for (long r = begin; r < end; r++) {
    const float *a = x + r * stride, *b = a + width;
    for (long c = 0; c < width; c++) out[r * width + c] = a[c] * glow_sigmoid(b[c]);
  }
}

KERNEL void glow_glu_backward(float *dx, const float *d, const float *x, long stride, long width,
                              long begin, long end) {
  for (long r = begin; r < end; r++) {
    const float *a = x + r * stride, *b = a + width, *from = d + r * width;
    float *da = dx + 2 * r * width, *db = da + width;
    for (long c = 0; c < width; c++) {
      float gate = glow_sigmoid(b[c]);
      da[c] = from[c] * gate;
      db[c] = from[c] * a[c] * gate * (1.0f - gate);
    }
  }
}
