#include "lanes.h"

// LANES elements at a time, in the order of rows and columns, as a row has few of them.
KERNEL double glow_coupling(float *z, const float *x, long stride, const float *h, long half,
                            long begin, long end) {
  double logdet = 0.0;
  places at;
  for (long r = begin; r < end; r++) COLUMNS(c, half) z[r * 2 * half + c] = x[r * stride + c];
  BLOCKS(half) {
    float values[LANES], shift[LANES], logit[LANES], logs[LANES];
    find_places(&at, first, count, half);
    load_values(values, &at, x + half, stride);
    for (int i = 0; i < LANES; i++) {
      const float *p = h + 2 * (at.row[i] * half + at.column[i]);
      shift[i] = p[0], logit[i] = p[1];
    }
    EACH {
      float v = logit[i] + 2.0f;
      values[i] = (values[i] + shift[i]) * glow_sigmoid(v);
      // log sigmoid(v), without losing what is left of it at either end
      logs[i] = (v < 0.0f ? v : 0.0f) - glow_log1p_exp(v < 0.0f ? v : -v);
    }
    for (long i = 0; i < count; i++) {
      z[at.row[i] * 2 * half + half + at.column[i]] = values[i];
      logdet += logs[i];
    }
  }
  return logdet;
}

KERNEL void glow_coupling_inverse(float *x, const float *z, long stride, const float *h, long half,
                                  long begin, long end) {
  for (long r = begin; r < end; r++) {
    float *to = x + r * 2 * half;
    const float *from = z + r * stride, *p = h + r * 2 * half;
    for (long c = 0; c < half; c++) to[c] = from[c];
    for (long c = 0; c < half; c++)
      to[half + c] = from[half + c] / glow_sigmoid(p[2 * c + 1] + 2.0f) - p[2 * c];
  }
}

KERNEL void glow_coupling_backward(float *dx, float *dh, const float *dz, const float *z,
                                   long stride, const float *h, float d_logdet, long half,
                                   long begin, long end) {
  for (long r = begin; r < end; r++) {
    float *to = dx + r * 2 * half, *q = dh + r * 2 * half;
    const float *from = dz + r * 2 * half, *out = z + r * stride, *p = h + r * 2 * half;
    for (long c = 0; c < half; c++) to[c] = from[c];
    for (long c = 0; c < half; c++) {
      float s = glow_sigmoid(p[2 * c + 1] + 2.0f), d = from[half + c];
      to[half + c] = d * s;
      q[2 * c] = d * s;
      q[2 * c + 1] = (d * out[half + c] + d_logdet) * (1.0f - s);
    }
  }
}

KERNEL void glow_coupling_additive(float *z, const float *x, long stride, const float *h,
                                   float sign, long half, long begin, long end) {
  for (long r = begin; r < end; r++) {
    float *to = z + r * 2 * half;
    const float *from = x + r * stride, *p = h + r * half;
    for (long c = 0; c < half; c++) to[c] = from[c];
    for (long c = 0; c < half; c++) to[half + c] = from[half + c] + sign * p[c];
  }
}
