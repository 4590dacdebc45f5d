// Invertible functions of one variable, their parameters h a row each: forward, with the log of the
// derivative summed over the columns of a row; backward; inverse.
#include <math.h>

#include "lanes.h"

// ---- additive: z = x - h

KERNEL void glow_additive_transformer(float *z, float *log_det, const float *x, long stride,
                                      const float *h, long h_stride, long columns, long begin,
                                      long end) {
  for (long r = begin; r < end; r++) {
    for (long c = 0; c < columns; c++) z[r * columns + c] = x[r * stride + c] - h[r * h_stride + c];
    log_det[r] = 0.0f;
  }
}

KERNEL void glow_additive_transformer_backward(float *dx, float *dh, const float *dz, long columns,
                                               long begin, long end) {
  for (long i = begin * columns; i < end * columns; i++) dx[i] = dz[i], dh[i] = -dz[i];
}

KERNEL void glow_additive_transformer_inverse(float *x, long x_stride, const float *z, long stride,
                                              const float *h, long h_stride, long columns,
                                              long begin, long end) {
  for (long r = begin; r < end; r++)
    for (long c = 0; c < columns; c++)
      x[r * x_stride + c] = z[r * stride + c] + h[r * h_stride + c];
}

// ---- affine: shift, then a = 3 tanh(h / 3); z = (x - shift) · exp(-a)

KERNEL void glow_affine_transformer(float *z, float *log_det, const float *x, long stride,
                                    const float *h, long h_stride, long columns, long begin,
                                    long end) {
  for (long r = begin; r < end; r++) {
    const float *from = x + r * stride, *p = h + r * h_stride;
    float *to = z + r * columns, a[64], sum = 0.0f;
    for (long first = 0; first < columns; first += 64) {
      long last = first + 64 < columns ? first + 64 : columns;
      for (long c = first; c < last; c++) {
        a[c - first] = 3.0f * glow_tanh(p[2 * c + 1] * (1.0f / 3.0f));
        to[c] = (from[c] - p[2 * c]) * glow_exp(-a[c - first]);
      }
      // a sum in order does not vectorise, and would hold the rest up
      for (long c = first; c < last; c++) sum -= a[c - first];
    }
    log_det[r] = sum;
  }
}

KERNEL void glow_affine_transformer_backward(float *dx, float *dh, const float *dz,
                                             const float *d_log_det, const float *z,
                                             const float *h, long h_stride, long columns,
                                             long begin, long end) {
  for (long r = begin; r < end; r++) {
    const float *d = dz + r * columns, *out = z + r * columns, *p = h + r * h_stride;
    float *to = dx + r * columns, *q = dh + r * 2 * columns, d_log = d_log_det[r];
    for (long c = 0; c < columns; c++) {
      float t = glow_tanh(p[2 * c + 1] * (1.0f / 3.0f)), v = d[c] * glow_exp(-3.0f * t);
      to[c] = v;
      q[2 * c] = -v;
      q[2 * c + 1] = -(d[c] * out[c] + d_log) * (1.0f - t * t);
    }
  }
}

KERNEL void glow_affine_transformer_inverse(float *x, long x_stride, const float *z, long stride,
                                            const float *h, long h_stride, long columns,
                                            long begin, long end) {
  for (long r = begin; r < end; r++)
    for (long c = 0; c < columns; c++) {
      const float *p = h + r * h_stride + 2 * c;
      x[r * x_stride + c] =
          z[r * stride + c] * glow_exp(3.0f * glow_tanh(p[1] * (1.0f / 3.0f))) + p[0];
    }
}

// ---- rational-quadratic spline
//
// LANES columns at a time, each parameter's values side by side, so that all of it vectorises.

#define MOST_BINS 64

static const float least = 1e-3f;  // share of the box, and slope
// what softplus makes of it is 1 - least, so that a raw slope of 0 is 1
static const float raw_one = 0.5397424f;

/// What is known of the bins that LANES values lie in.
typedef struct {
  float raw[3 * MOST_BINS][LANES];  // the parameters
  float widths[MOST_BINS][LANES], heights[MOST_BINS][LANES];  // their softmax
  float v[LANES];
  float x[LANES], y[LANES], width[LANES], height[LANES];  // the bin's left edge and size
  float raw0[LANES], raw1[LANES], slope0[LANES], slope1[LANES];
  float index[LANES];
} bins_of;

/// Finds the bins of `count` values, by the edges in x or, for the inverse, in y. Values outside of
/// the box are brought to its edge here, and left as they are by the callers.
INLINE void find_bins(bins_of *s, const float *p, long p_step, const float *values, long step,
                      int count, long bins, float bound, int by_height) {
  for (int i = 0; i < LANES; i++) {
    int from = i < count ? i : count - 1;
    float v = values[from * step];
    s->v[i] = v > -bound ? (v < bound ? v : bound) : -bound;
    for (long k = 0; k < 3 * bins - 1; k++) s->raw[k][i] = p[from * p_step + k];
  }
  softmax(s->widths, s->raw, bins);
  softmax(s->heights, s->raw + bins, bins);
  float rest = 1.0f - least * (float)bins, side = 2.0f * bound;
  float x[LANES], y[LANES];
  EACH x[i] = -bound, y[i] = -bound;
  for (long b = 0; b < bins; b++) {
    int is_last = b == bins - 1;
    EACH {
      float width = side * (least + rest * s->widths[b][i]);
      float height = side * (least + rest * s->heights[b][i]);
      // the box ends where it says, whatever rounding made of the sum
      width = is_last ? bound - x[i] : width, height = is_last ? bound - y[i] : height;
      int is_here = b == 0 || s->v[i] >= (by_height ? y[i] : x[i]);
      s->x[i] = is_here ? x[i] : s->x[i], s->y[i] = is_here ? y[i] : s->y[i];
      s->width[i] = is_here ? width : s->width[i], s->height[i] = is_here ? height : s->height[i];
      s->index[i] = is_here ? (float)b : s->index[i];
      float raw0 = b > 0 ? s->raw[2 * bins + b - 1][i] : 0.0f;
      float raw1 = is_last ? 0.0f : s->raw[2 * bins + b][i];
      s->raw0[i] = is_here ? raw0 : s->raw0[i], s->raw1[i] = is_here ? raw1 : s->raw1[i];
      x[i] += width, y[i] += height;
    }
  }
  float last = (float)(bins - 1);
  EACH {
    float slope0 = least + glow_softplus(s->raw0[i] + raw_one);
    float slope1 = least + glow_softplus(s->raw1[i] + raw_one);
    s->slope0[i] = s->index[i] == 0.0f ? 1.0f : slope0;
    s->slope1[i] = s->index[i] == last ? 1.0f : slope1;
  }
}

INLINE float clamped(float t) { return t < 0.0f ? 0.0f : t > 1.0f ? 1.0f : t; }

/// For each group of LANES columns of each row.
#define GROUPS                                                    \
  for (long r = begin; r < end; r++)                              \
    for (long first = 0, count; first < columns; first += LANES)  \
      if (count = columns - first < LANES ? columns - first : LANES, count > 0)

INLINE void spline_rows(float *z, float *log_det, const float *x, long stride, const float *h,
                        long h_stride, long columns, long bins, float bound, long begin,
                        long end) {
  bins_of s;
  for (long r = begin; r < end; r++) log_det[r] = 0.0f;
  GROUPS {
    const float *from = x + r * stride + first;
    find_bins(&s, h + r * h_stride + first * (3 * bins - 1), 3 * bins - 1, from, 1, (int)count,
              bins, bound, 0);
    float out[LANES], logs[LANES];
    EACH {
      float slope = s.height[i] / s.width[i], t = clamped((s.v[i] - s.x[i]) / s.width[i]);
      float m = t * (1.0f - t), rest = 1.0f - t;
      float inverse = 1.0f / (slope + (s.slope1[i] + s.slope0[i] - 2.0f * slope) * m);
      float top = s.slope1[i] * t * t + 2.0f * slope * m + s.slope0[i] * rest * rest;
      out[i] = s.y[i] + s.height[i] * (slope * t * t + s.slope0[i] * m) * inverse;
      logs[i] = glow_log(slope * inverse * slope * inverse * top);
    }
    for (long i = 0; i < count; i++) {
      int is_inside = from[i] > -bound && from[i] < bound;
      z[r * columns + first + i] = is_inside ? out[i] : from[i];
      log_det[r] += is_inside ? logs[i] : 0.0f;
    }
  }
}

KERNEL void glow_spline(float *z, float *log_det, const float *x, long stride, const float *h,
                        long h_stride, long columns, long bins, float bound, long begin,
                        long end) {
  if (bins == 8)
    spline_rows(z, log_det, x, stride, h, h_stride, columns, 8, bound, begin, end);
  else
    spline_rows(z, log_det, x, stride, h, h_stride, columns, bins, bound, begin, end);
}

INLINE void spline_rows_backward(float *dx, float *dh, const float *dz, const float *d_log_det,
                                 const float *x, long stride, const float *h, long h_stride,
                                 long columns, long bins, float bound, long begin, long end) {
  bins_of s;
  float q[3 * MOST_BINS][LANES];
  GROUPS {
    const float *from = x + r * stride + first;
    find_bins(&s, h + r * h_stride + first * (3 * bins - 1), 3 * bins - 1, from, 1, (int)count,
              bins, bound, 0);
    float g_log = d_log_det[r], last = (float)(bins - 1);
    float to[LANES], d[LANES], g_x[LANES], g_y[LANES], g_width[LANES], g_height[LANES];
    float g_raw0[LANES], g_raw1[LANES], mean_w[LANES], mean_h[LANES];
    EACH d[i] = i < count ? dz[r * columns + first + i] : 0.0f;
    EACH {
      float w = s.width[i], slope = s.height[i] / w, t = clamped((s.v[i] - s.x[i]) / w);
      float rest = 1.0f - t, m = t * rest, slope0 = s.slope0[i], slope1 = s.slope1[i];
      float curve = slope1 + slope0 - 2.0f * slope, g = d[i];
      float over = slope * t * t + slope0 * m, inverse = 1.0f / (slope + curve * m);
      float top = slope1 * t * t + 2.0f * slope * m + slope0 * rest * rest;
      float g_over = g * s.height[i] * inverse;
      float g_below = -g_over * over * inverse - 2.0f * g_log * inverse, g_top = g_log / top;
      float g_slope = g_over * t * t + g_below * (1.0f - 2.0f * m) + 2.0f * g_top * m +
                      2.0f * g_log / slope;
      float g_m = g_over * slope0 + g_below * curve + 2.0f * g_top * slope;
      float g_t = 2.0f * g_over * slope * t + 2.0f * g_top * (slope1 * t - slope0 * rest) +
                  g_m * (1.0f - 2.0f * t);
      to[i] = g_t / w;
      g_x[i] = -g_t / w, g_y[i] = g;
      g_width[i] = -(g_slope * slope + g_t * t) / w;
      g_height[i] = g * over * inverse + g_slope / w;
      float g0 = ((g_over + g_below) * m + g_top * rest * rest) * glow_sigmoid(s.raw0[i] + raw_one);
      float g1 = (g_below * m + g_top * t * t) * glow_sigmoid(s.raw1[i] + raw_one);
      g_raw0[i] = s.index[i] == 0.0f ? 0.0f : g0, g_raw1[i] = s.index[i] == last ? 0.0f : g1;
      mean_w[i] = mean_h[i] = 0.0f;
    }
    // an edge is the sum of the shares before it; then through softmax
    for (long b = 0; b < bins; b++)
      EACH {
        float before = s.index[i] > (float)b ? 1.0f : 0.0f;
        float here = s.index[i] == (float)b ? 1.0f : 0.0f;
        float w = before * g_x[i] + here * g_width[i], h = before * g_y[i] + here * g_height[i];
        q[b][i] = w, q[bins + b][i] = h;
        mean_w[i] += s.widths[b][i] * w, mean_h[i] += s.heights[b][i] * h;
      }
    float scale = 2.0f * bound * (1.0f - least * (float)bins);
    for (long b = 0; b < bins; b++)
      EACH {
        q[b][i] = scale * s.widths[b][i] * (q[b][i] - mean_w[i]);
        q[bins + b][i] = scale * s.heights[b][i] * (q[bins + b][i] - mean_h[i]);
      }
    for (long b = 1; b < bins; b++)
      EACH q[2 * bins + b - 1][i] = (s.index[i] == (float)b ? g_raw0[i] : 0.0f) +
                                    (s.index[i] == (float)(b - 1) ? g_raw1[i] : 0.0f);
    for (long i = 0; i < count; i++) {
      int is_inside = from[i] > -bound && from[i] < bound;
      float *out = dh + (r * columns + first + i) * (3 * bins - 1);
      dx[r * columns + first + i] = is_inside ? to[i] : d[i];
      for (long k = 0; k < 3 * bins - 1; k++) out[k] = is_inside ? q[k][i] : 0.0f;
    }
  }
}

KERNEL void glow_spline_backward(float *dx, float *dh, const float *dz, const float *d_log_det,
                                 const float *x, long stride, const float *h, long h_stride,
                                 long columns, long bins, float bound, long begin, long end) {
  if (bins == 8)
    spline_rows_backward(dx, dh, dz, d_log_det, x, stride, h, h_stride, columns, 8, bound, begin,
                         end);
  else
    spline_rows_backward(dx, dh, dz, d_log_det, x, stride, h, h_stride, columns, bins, bound,
                         begin, end);
}

INLINE void spline_inverse(float *x, long x_stride, long x_step, const float *z, long stride,
                           long step, const float *h, long h_stride, long h_step, long columns,
                           long bins, float bound, long begin, long end) {
  bins_of s;
  GROUPS {
    const float *from = z + r * stride + first * step;
    find_bins(&s, h + r * h_stride + first * h_step, h_step, from, step, (int)count, bins, bound,
              1);
    float out[LANES];
    EACH {
      float slope = s.height[i] / s.width[i], up = s.v[i] - s.y[i];
      float curve = s.slope1[i] + s.slope0[i] - 2.0f * slope;
      float a2 = s.height[i] * (slope - s.slope0[i]) + up * curve;
      float a1 = s.height[i] * s.slope0[i] - up * curve;
      float under = a1 * a1 + 4.0f * a2 * slope * up;
      float root = __builtin_sqrtf(under > 0.0f ? under : 0.0f);
      out[i] = s.x[i] + clamped(2.0f * slope * up / (a1 + root)) * s.width[i];
    }
    for (long i = 0; i < count; i++) {
      float v = from[i * step];
      x[r * x_stride + (first + i) * x_step] = v > -bound && v < bound ? out[i] : v;
    }
  }
}

KERNEL void glow_spline_inverse(float *x, long x_stride, const float *z, long stride,
                                const float *h, long h_stride, long columns, long bins,
                                float bound, long begin, long end) {
  if (columns == 1)  // its rows side by side
    spline_inverse(x + begin * x_stride, 0, x_stride, z + begin * stride, 0, stride,
                   h + begin * h_stride, 0, h_stride, end - begin, bins, bound, 0, 1);
  else
    spline_inverse(x, x_stride, 1, z, stride, 1, h, h_stride, 3 * bins - 1, columns, bins, bound,
                   begin, end);
}
