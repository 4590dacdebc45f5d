// What is between the products of fully connected layers, and such a layer for few outputs.
#include "kernel.h"

INLINE float activated(glow_activation activation, float x) {
  switch (activation) {
    case glow_activation_none: return x;
    case glow_activation_relu: return x < 0.0f ? 0.0f : x;  // a NaN passes, so that it is noticed
    case glow_activation_tanh: return glow_tanh(x);
  }
}

/// The derivative, from the value.
INLINE float slope(glow_activation activation, float y) {
  switch (activation) {
    case glow_activation_none: return 1.0f;
    case glow_activation_relu: return y == 0.0f ? 0.0f : 1.0f;
    case glow_activation_tanh: return 1.0f - y * y;
  }
}

// The activation is a constant inside each loop, so that it vectorises.
#define EACH(BODY)                                                                           \
  switch (activation) {                                                                      \
    case glow_activation_none: BODY(glow_activation_none) break;                             \
    case glow_activation_relu: BODY(glow_activation_relu) break;                             \
    case glow_activation_tanh: BODY(glow_activation_tanh) break;                             \
  }

KERNEL void glow_activate(float *x, long stride, const float *bias, glow_activation activation,
                          long columns, long begin, long end) {
#define BODY(ACTIVATION)                                                                     \
  for (long r = begin; r < end; r++)                                                         \
    for (long c = 0; c < columns; c++)                                                       \
      x[r * stride + c] = activated(ACTIVATION, x[r * stride + c] + bias[c]);
  EACH(BODY)
#undef BODY
}

KERNEL void glow_activate_backward(float *d, long d_stride, const float *y, long stride,
                                   float *sums, glow_activation activation, long columns,
                                   long begin, long end) {
#define BODY(ACTIVATION)                                                                     \
  for (long r = begin; r < end; r++)                                                         \
    for (long c = 0; c < columns; c++) {                                                     \
      float v = d[r * d_stride + c] * slope(ACTIVATION, y[r * stride + c]);                  \
      d[r * d_stride + c] = v;                                                               \
      sums[c] += v;                                                                          \
    }
  EACH(BODY)
#undef BODY
}

KERNEL void glow_dense(float *out, long out_stride, const float *x, long stride,
                       const float *weight, long weight_stride, const float *bias,
                       glow_activation activation, long inputs, long outputs, long begin,
                       long end) {
#pragma clang fp reassociate(on)
  for (long o = 0; o < outputs; o++) {
    const float *w = weight + o * weight_stride;
    for (long r = begin; r < end; r++) {
      const float *row = x + r * stride;
      float sum = 0.0f;
      for (long i = 0; i < inputs; i++) sum += row[i] * w[i];
      sum += bias[o];
      out[r * out_stride + o] = activation == glow_activation_relu   ? (sum < 0.0f ? 0.0f : sum)
                                : activation == glow_activation_tanh ? glow_tanh(sum)
                                                                     : sum;
    }
  }
}

void glow_arrange_weight(float *arranged, long stride, const float *weight, long columns,
                         const int32_t *row_order, const int32_t *column_order,
                         const int32_t *extents, long begin, long end) {
  for (long o = begin; o < end; o++) {
    const float *from = weight + row_order[o] * columns;
    float *to = arranged + o * stride;
    for (long i = 0; i < extents[o]; i++) to[i] = from[column_order[i]];
    for (long i = extents[o]; i < columns; i++) to[i] = 0.0f;
  }
}

/// 32 × 32 at a time, so that neither side leaves the nearest cache.
void glow_transpose(float *out, long out_stride, const float *x, long stride, long columns,
                    long begin, long end) {
  for (long first = 0; first < columns; first += 32) {
    long last = first + 32 < columns ? first + 32 : columns;
    for (long r = begin; r < end; r++)
      for (long c = first; c < last; c++) out[c * out_stride + r] = x[r * stride + c];
  }
}

void glow_disarrange_gradient(float *gradient, const float *d, long stride, long columns,
                              const int32_t *row_order, const int32_t *column_order,
                              const int32_t *extents, long begin, long end) {
  for (long o = begin; o < end; o++) {
    float *to = gradient + row_order[o] * columns;
    const float *from = d + o * stride;
    for (long i = 0; i < extents[o]; i++) to[column_order[i]] += from[i];
  }
}
