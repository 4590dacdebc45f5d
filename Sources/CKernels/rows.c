#include "kernel.h"

KERNEL void glow_bias(float *x, long stride, const float *bias, bool rectify, long columns,
                      long begin, long end) {
  float least = rectify ? 0.0f : -__builtin_inff();
  for (long r = begin; r < end; r++) {
    float *row = x + r * stride;
    for (long c = 0; c < columns; c++) {
      float y = row[c] + bias[c];
      row[c] = y < least ? least : y;  // a NaN passes, so that it is noticed
    }
  }
}

KERNEL void glow_relu_backward(float *d, long d_stride, const float *y, long stride, float *sums,
                               long columns, long begin, long end) {
  for (long r = begin; r < end; r++) {
    float *row = d + r * d_stride;
    const float *out = y + r * stride;
    for (long c = 0; c < columns; c++) {
      float masked = out[c] == 0.0f ? 0.0f : row[c];
      row[c] = masked;
      sums[c] += masked;
    }
  }
}

KERNEL void glow_column_sums(double *sums, const float *x, long stride, long columns, long begin,
                             long end) {
  for (long r = begin; r < end; r++)
    for (long c = 0; c < columns; c++) sums[c] += x[r * stride + c];
}

KERNEL void glow_column_squares(double *sums, const float *x, const float *mean, long stride,
                                long columns, long begin, long end) {
  for (long r = begin; r < end; r++)
    for (long c = 0; c < columns; c++) {
      float d = x[r * stride + c] - mean[c];
      sums[c] += d * d;
    }
}

KERNEL void glow_affine(float *z, const float *x, long stride, const float *bias,
                        const float *scale, long columns, long begin, long end) {
  for (long r = begin; r < end; r++)
    for (long c = 0; c < columns; c++)
      z[r * columns + c] = (x[r * stride + c] + bias[c]) * scale[c];
}

KERNEL void glow_affine_inverse(float *x, const float *z, long stride, const float *bias,
                                const float *scale, long columns, long begin, long end) {
  for (long r = begin; r < end; r++)
    for (long c = 0; c < columns; c++)
      x[r * columns + c] = z[r * stride + c] / scale[c] - bias[c];
}

KERNEL void glow_affine_backward(float *dx, double *d_bias, double *d_scale, const float *dz,
                                 const float *x, long stride, const float *bias,
                                 const float *scale, long columns, long begin, long end) {
  for (long r = begin; r < end; r++)
    for (long c = 0; c < columns; c++) {
      float d = dz[r * columns + c] * scale[c];
      dx[r * columns + c] = d;
      d_bias[c] += d;
      d_scale[c] += d * (x[r * stride + c] + bias[c]);
    }
}

KERNEL void glow_copy_rows(float *out, long out_stride, const float *x, long stride, bool add,
                           long columns, long begin, long end) {
  for (long r = begin; r < end; r++) {
    float *to = out + r * out_stride;
    const float *from = x + r * stride;
    if (add)
      for (long c = 0; c < columns; c++) to[c] += from[c];
    else
      for (long c = 0; c < columns; c++) to[c] = from[c];
  }
}

void glow_squeeze(float *out, const float *in, long stride, long height, long width, long channels,
                  long fh, long fw, long begin, long end) {
  long columns = width / fw, size = channels * fh * fw;
  (void)height;  // lines follow each other from one example to the next
  for (long line = begin; line < end; line++)
    for (long x = 0; x < columns; x++) {
      float *to = out + (line * columns + x) * size;
      for (long dy = 0; dy < fh; dy++)
        for (long dx = 0; dx < fw; dx++) {
          const float *from = in + ((line * fh + dy) * width + x * fw + dx) * stride;
          for (long c = 0; c < channels; c++) to[c * fh * fw + dy * fw + dx] = from[c];
        }
    }
}

void glow_unsqueeze(float *out, const float *in, long stride, long height, long width,
                    long channels, long fh, long fw, long begin, long end) {
  long columns = width / fw;
  (void)height;
  for (long line = begin; line < end; line++)
    for (long x = 0; x < columns; x++) {
      const float *from = in + (line * columns + x) * stride;
      for (long dy = 0; dy < fh; dy++)
        for (long dx = 0; dx < fw; dx++) {
          float *to = out + ((line * fh + dy) * width + x * fw + dx) * channels;
          for (long c = 0; c < channels; c++) to[c] = from[c * fh * fw + dy * fw + dx];
        }
    }
}
