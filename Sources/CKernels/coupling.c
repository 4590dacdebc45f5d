#include <math.h>

#include "kernel.h"

KERNEL double glow_coupling(float *z, const float *x, long stride, const float *h, long half,
                            long begin, long end) {
  double logdet = 0.0;
  for (long r = begin; r < end; r++) {
    float *to = z + r * 2 * half;
    const float *from = x + r * stride, *p = h + r * 2 * half;
    for (long c = 0; c < half; c++) to[c] = from[c];
    for (long c = 0; c < half; c++) {
      float v = p[2 * c + 1] + 2.0f;
      to[half + c] = (from[half + c] + p[2 * c]) * glow_sigmoid(v);
      // log sigmoid(v), without losing what is left of it at either end
      logdet += (v < 0.0f ? v : 0.0f) - log1pf(glow_exp(v < 0.0f ? v : -v));
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
