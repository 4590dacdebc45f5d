#include <math.h>

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

// Φ⁻¹ by rational functions, P. J. Acklam's, off by 1.2e-9 of the value at most. In double, as u may
// lie within 2⁻²⁵ of 0 or 1.
static double quantile_of_tail(double tail) {
  double q = sqrt(-2.0 * log(tail));
  double p = -7.784894002430293e-03, d = 7.784695709041462e-03;
  p = p * q - 3.223964580411365e-01, d = d * q + 3.224671290700398e-01;
  p = p * q - 2.400758277161838e+00, d = d * q + 2.445134137142996e+00;
  p = p * q - 2.549732539343734e+00, d = d * q + 3.754408661907416e+00;
  p = p * q + 4.374664141464968e+00, d = d * q + 1.0;
  p = p * q + 2.938163982698783e+00;
  return p / d;
}

static double normal_quantile(double u) {
  const double tail = 0.02425;
  if (u < tail) return quantile_of_tail(u);
  if (u > 1.0 - tail) return -quantile_of_tail(1.0 - u);
  double q = u - 0.5, r = q * q;
  double p = -3.969683028665376e+01, d = -5.447609879822406e+01;
  p = p * r + 2.209460984245205e+02, d = d * r + 1.615858368580409e+02;
  p = p * r - 2.759285104469687e+02, d = d * r - 1.556989798598866e+02;
  p = p * r + 1.383577518672690e+02, d = d * r + 6.680131188771972e+01;
  p = p * r - 3.066479806614716e+01, d = d * r - 1.328068155288572e+01;
  p = p * r + 2.506628277459239e+00, d = d * r + 1.0;
  return p * q / d;
}

double glow_normal_quantile(float *z, const float *u, long count) {
  double sum = 0.0;
  for (long i = 0; i < count; i++) {
    double value = normal_quantile(u[i] + 0x1p-25);
    z[i] = (float)value;
    sum += half_log_two_pi + 0.5 * value * value;
  }
  return sum;
}

double glow_normal_cdf(float *u, const float *z, long count) {
  double sum = 0.0;
  for (long i = 0; i < count; i++) {
    float value = (float)(0.5 * erfc(-z[i] * 0.70710678118654752));
    u[i] = value < 0x1.fffffep-1f ? value : 0x1.fffffep-1f;
    sum -= half_log_two_pi + 0.5 * z[i] * z[i];
  }
  return sum;
}

KERNEL void glow_normal_cdf_backward(float *dz, const float *du, const float *z, float d,
                                     long count) {
  for (long i = 0; i < count; i++)
    dz[i] = du[i] * glow_exp(-half_log_two_pi - 0.5f * z[i] * z[i]) - d * z[i];
}
