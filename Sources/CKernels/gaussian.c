#include "kernel.h"

static const float half_log_two_pi = 0.91893853320467274f;

KERNEL double glow_gaussian(const float *z, long stride, const float *h, long h_stride,
                            long channels, long begin, long end) {
  double sum = 0.0;
  for (long r = begin; r < end; r++) {
    const float *value = z + r * stride, *p = h + r * h_stride;
    for (long c = 0; c < channels; c++) {
      float u = (value[c] - p[2 * c]) * glow_exp(-p[2 * c + 1]);
      sum -= half_log_two_pi + p[2 * c + 1] + 0.5f * u * u;
    }
  }
  return sum;
}

KERNEL void glow_gaussian_standardize(float *u, const float *z, long stride, const float *h,
                                      long h_stride, long channels, long begin, long end) {
  for (long r = begin; r < end; r++) {
    const float *value = z + r * stride, *p = h + r * h_stride;
    for (long c = 0; c < channels; c++)
      u[r * channels + c] = (value[c] - p[2 * c]) * glow_exp(-p[2 * c + 1]);
  }
}

KERNEL void glow_gaussian_backward(float *dz, float *dh, const float *z, long stride,
                                   const float *h, long h_stride, float d, long channels,
                                   long begin, long end) {
  for (long r = begin; r < end; r++) {
    const float *value = z + r * stride, *p = h + r * h_stride;
    float *q = dh + r * h_stride, keep = h_stride == 0 ? 1.0f : 0.0f;
    for (long c = 0; c < channels; c++) {
      float inverse = glow_exp(-p[2 * c + 1]), u = (value[c] - p[2 * c]) * inverse;
      dz[r * channels + c] = -d * u * inverse;
      q[2 * c] = (keep != 0.0f ? q[2 * c] : 0.0f) + d * u * inverse;
      q[2 * c + 1] = (keep != 0.0f ? q[2 * c + 1] : 0.0f) + d * (u * u - 1.0f);
    }
  }
}

KERNEL void glow_gaussian_sample(float *z, const float *noise, const float *h, long h_stride,
                                 float temperature, long channels, long begin, long end) {
  for (long r = begin; r < end; r++) {
    const float *p = h + r * h_stride;
    for (long c = 0; c < channels; c++)
      z[r * channels + c] =
          p[2 * c] + temperature * glow_exp(p[2 * c + 1]) * noise[r * channels + c];
  }
}
