// The arithmetic of single elements, with its derivatives: what a `Variable` is computed by.
#include <math.h>

#include "kernel.h"

/// z = f(x) and, given z as well, f'(x).
#define FUNCTION(NAME, VALUE, SLOPE)                                                         \
  KERNEL static void NAME(float *out, const float *x, long count) {                          \
    for (long i = 0; i < count; i++) {                                                       \
      float v = x[i];                                                                        \
      out[i] = VALUE;                                                                        \
    }                                                                                        \
  }                                                                                          \
  KERNEL static void NAME##_backward(float *dx, const float *d, const float *x,              \
                                     const float *values, long count) {                      \
    for (long i = 0; i < count; i++) {                                                       \
      float v = x[i], z = values[i];                                                         \
      (void)v, (void)z;                                                                      \
      dx[i] = d[i] * (SLOPE);                                                                \
    }                                                                                        \
  }

FUNCTION(exponential, glow_exp(v), z)
FUNCTION(logarithm, logf(v), 1.0f / v)
FUNCTION(logarithm1p, log1pf(v), 1.0f / (1.0f + v))
FUNCTION(hyperbolic, glow_tanh(v), 1.0f - z * z)
FUNCTION(logistic, glow_sigmoid(v), z * (1.0f - z))
FUNCTION(softplus, glow_softplus(v), glow_sigmoid(v))
FUNCTION(root, sqrtf(v), 0.5f / z)
FUNCTION(square, v * v, 2.0f * v)
FUNCTION(reciprocal, 1.0f / v, -z * z)
FUNCTION(sine, sinf(v), cosf(v))
FUNCTION(rectified, v > 0.0f ? v : 0.0f * v, v > 0.0f ? 1.0f : 0.0f)

typedef void (*map)(float *, const float *, long);
typedef void (*map_backward)(float *, const float *, const float *, const float *, long);
static const struct {
  map value;
  map_backward backward;
} functions[] = {
    [glow_function_exp] = {exponential, exponential_backward},
    [glow_function_log] = {logarithm, logarithm_backward},
    [glow_function_log1p] = {logarithm1p, logarithm1p_backward},
    [glow_function_tanh] = {hyperbolic, hyperbolic_backward},
    [glow_function_sigmoid] = {logistic, logistic_backward},
    [glow_function_softplus] = {softplus, softplus_backward},
    [glow_function_sqrt] = {root, root_backward},
    [glow_function_square] = {square, square_backward},
    [glow_function_reciprocal] = {reciprocal, reciprocal_backward},
    [glow_function_relu] = {rectified, rectified_backward},
    [glow_function_sin] = {sine, sine_backward},
};

void glow_map(glow_function f, float *out, const float *x, long begin, long end) {
  functions[f].value(out + begin, x + begin, end - begin);
}

void glow_map_backward(glow_function f, float *dx, const float *d, const float *x, const float *z,
                       long begin, long end) {
  functions[f].backward(dx + begin, d + begin, x + begin, z + begin, end - begin);
}

INLINE float combined(glow_operation operation, float a, float b) {
  switch (operation) {
    case glow_operation_add: return a + b;
    case glow_operation_subtract: return a - b;
    case glow_operation_multiply: return a * b;
    case glow_operation_divide: return a / b;
  }
}

// Steps of 0 and 1 are constants here, so that each loop vectorises.
INLINE void combine_row(glow_operation operation, float *out, const float *a, long a_step,
                        const float *b, long b_step, long columns) {
  if (a_step && b_step)
    for (long c = 0; c < columns; c++) out[c] = combined(operation, a[c], b[c]);
  else if (a_step)
    for (long c = 0; c < columns; c++) out[c] = combined(operation, a[c], b[0]);
  else if (b_step)
    for (long c = 0; c < columns; c++) out[c] = combined(operation, a[0], b[c]);
  else
    for (long c = 0; c < columns; c++) out[c] = combined(operation, a[0], b[0]);
}

KERNEL void glow_combine(glow_operation operation, float *out, const float *a, long a_stride,
                         long a_step, const float *b, long b_stride, long b_step, long columns,
                         long begin, long end) {
#define EACH(OPERATION)                                                                      \
  case OPERATION:                                                                            \
    for (long r = begin; r < end; r++)                                                       \
      combine_row(OPERATION, out + r * columns, a + r * a_stride, a_step, b + r * b_stride,  \
                  b_step, columns);                                                          \
    break;
  switch (operation) {
    EACH(glow_operation_add)
    EACH(glow_operation_subtract)
    EACH(glow_operation_multiply)
    EACH(glow_operation_divide)
  }
#undef EACH
}

KERNEL void glow_row_sums(float *out, const float *x, long stride, long columns, long begin,
                          long end) {
#pragma clang fp reassociate(on)
  for (long r = begin; r < end; r++) {
    double sum = 0.0;
    for (long c = 0; c < columns; c++) sum += x[r * stride + c];
    out[r] = (float)sum;
  }
}

KERNEL void glow_gather_columns(float *out, long out_stride, const float *x, long stride,
                                const int32_t *order, long columns, long begin, long end) {
  for (long r = begin; r < end; r++)
    for (long c = 0; c < columns; c++) out[r * out_stride + c] = x[r * stride + order[c]];
}

KERNEL void glow_scatter_columns(float *out, long out_stride, const float *x, long stride,
                                 const int32_t *order, long columns, long begin, long end) {
  for (long r = begin; r < end; r++)
    for (long c = 0; c < columns; c++) out[r * out_stride + order[c]] += x[r * stride + c];
}
