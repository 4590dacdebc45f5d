// Invertible functions of one variable, their parameters h a row each: forward, with the log of the
// derivative summed over the columns of a row; backward; inverse.
#include <math.h>

#include "kernel.h"

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
    float *to = z + r * columns, sum = 0.0f;
    for (long c = 0; c < columns; c++) {
      float a = 3.0f * glow_tanh(p[2 * c + 1] * (1.0f / 3.0f));
      to[c] = (from[c] - p[2 * c]) * glow_exp(-a);
      sum -= a;
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

static const float least = 1e-3f;  // share of the box, and slope
// what softplus makes of it is 1 - least, so that a raw slope of 0 is 1
static const float raw_one = 0.5397424f;

/// A bin: its left edge, size and slopes, and the index.
typedef struct {
  float x, y, width, height, slope0, slope1;
  long index;
} bin;

/// shares = softmax(raw)
INLINE void softmax(float *shares, const float *raw, long bins) {
  float largest = raw[0], sum = 0.0f;
  for (long i = 1; i < bins; i++) largest = raw[i] > largest ? raw[i] : largest;
  for (long i = 0; i < bins; i++) shares[i] = glow_exp(raw[i] - largest);
  for (long i = 0; i < bins; i++) sum += shares[i];
  float inverse = 1.0f / sum;
  for (long i = 0; i < bins; i++) shares[i] *= inverse;
}

INLINE float slope_at(const float *p, long edge, long bins) {
  return edge == 0 || edge == bins ? 1.0f
                                   : least + glow_softplus(p[2 * bins + edge - 1] + raw_one);
}

/// The bin that v lies in, by the edges in x or, for the inverse, in y. What is kept of the shares
/// serves the gradient.
INLINE bin find(const float *p, float v, long bins, float bound, int by_height, float *widths,
                float *heights) {
  softmax(widths, p, bins);
  softmax(heights, p + bins, bins);
  float rest = 1.0f - least * (float)bins, side = 2.0f * bound;
  bin b = {-bound, -bound, 0, 0, 0, 0, 0};
  float x = -bound, y = -bound;
  for (long i = 0; i < bins; i++) {
    float width = side * (least + rest * widths[i]), height = side * (least + rest * heights[i]);
    int is_last = i == bins - 1;
    // the box ends where it says, whatever rounding made of the sum
    if (is_last) width = bound - x, height = bound - y;
    int is_here = i == 0 || v >= (by_height ? y : x);
    if (is_here) b.x = x, b.y = y, b.width = width, b.height = height, b.index = i;
    x += width, y += height;
  }
  b.slope0 = slope_at(p, b.index, bins);
  b.slope1 = slope_at(p, b.index + 1, bins);
  return b;
}

#define MOST_BINS 64

INLINE void spline_rows(float *z, float *log_det, const float *x, long stride, const float *h,
                        long h_stride, long columns, long bins, float bound, long begin,
                        long end) {
  float widths[MOST_BINS], heights[MOST_BINS];
  for (long r = begin; r < end; r++) {
    const float *from = x + r * stride, *p = h + r * h_stride;
    float *to = z + r * columns, sum = 0.0f;
    for (long c = 0; c < columns; c++, p += 3 * bins - 1) {
      float v = from[c];
      if (!(v > -bound && v < bound)) {
        to[c] = v;
        continue;
      }
      bin b = find(p, v, bins, bound, 0, widths, heights);
      float s = b.height / b.width, t = (v - b.x) / b.width;
      t = t < 0.0f ? 0.0f : t > 1.0f ? 1.0f : t;
      float m = t * (1.0f - t), below = s + (b.slope1 + b.slope0 - 2.0f * s) * m;
      float top = b.slope1 * t * t + 2.0f * s * m + b.slope0 * (1.0f - t) * (1.0f - t);
      to[c] = b.y + b.height * (s * t * t + b.slope0 * m) / below;
      float ratio = s / below;
      sum += glow_log(ratio * ratio * top);
    }
    log_det[r] = sum;
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
  float widths[MOST_BINS], heights[MOST_BINS];
  for (long r = begin; r < end; r++) {
    const float *from = x + r * stride, *p = h + r * h_stride, *d = dz + r * columns;
    float *to = dx + r * columns, *q = dh + r * columns * (3 * bins - 1), g_log = d_log_det[r];
    for (long c = 0; c < columns; c++, p += 3 * bins - 1, q += 3 * bins - 1) {
      float v = from[c], g = d[c];
      for (long i = 0; i < 3 * bins - 1; i++) q[i] = 0.0f;
      to[c] = g;
      if (!(v > -bound && v < bound)) continue;
      bin b = find(p, v, bins, bound, 0, widths, heights);
      float w = b.width, s = b.height / w, t = (v - b.x) / w;
      t = t < 0.0f ? 0.0f : t > 1.0f ? 1.0f : t;
      float rest = 1.0f - t, m = t * rest, curve = b.slope1 + b.slope0 - 2.0f * s;
      float over = s * t * t + b.slope0 * m, inverse = 1.0f / (s + curve * m);
      float top = b.slope1 * t * t + 2.0f * s * m + b.slope0 * rest * rest;
      float g_over = g * b.height * inverse;
      float g_below = -g_over * over * inverse - 2.0f * g_log * inverse, g_top = g_log / top;
      float g_s =
          g_over * t * t + g_below * (1.0f - 2.0f * m) + 2.0f * g_top * m + 2.0f * g_log / s;
      float g_m = g_over * b.slope0 + g_below * curve + 2.0f * g_top * s;
      float g_t = 2.0f * g_over * s * t + 2.0f * g_top * (b.slope1 * t - b.slope0 * rest) +
                  g_m * (1.0f - 2.0f * t);
      float g_slope0 = (g_over + g_below) * m + g_top * rest * rest;
      float g_slope1 = g_below * m + g_top * t * t;
      float g_height = g * over * inverse + g_s / w;
      float g_x = -g_t / w, g_width = -(g_s * s + g_t * t) / w;
      to[c] = g_t / w;
      // the edge is the sum of the shares before it; then through softmax
      float scale = 2.0f * bound * (1.0f - least * (float)bins), mean_w = 0.0f, mean_h = 0.0f;
      for (long i = 0; i < bins; i++) {
        float before = i < b.index ? 1.0f : 0.0f, here = i == b.index ? 1.0f : 0.0f;
        q[i] = before * g_x + here * g_width;
        q[bins + i] = before * g + here * g_height;
        mean_w += widths[i] * q[i], mean_h += heights[i] * q[bins + i];
      }
      for (long i = 0; i < bins; i++) {
        q[i] = scale * widths[i] * (q[i] - mean_w);
        q[bins + i] = scale * heights[i] * (q[bins + i] - mean_h);
      }
      long i = b.index;
      if (i > 0) q[2 * bins + i - 1] = g_slope0 * glow_sigmoid(p[2 * bins + i - 1] + raw_one);
      if (i < bins - 1) q[2 * bins + i] = g_slope1 * glow_sigmoid(p[2 * bins + i] + raw_one);
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

KERNEL void glow_spline_inverse(float *x, long x_stride, const float *z, long stride,
                                const float *h, long h_stride, long columns, long bins,
                                float bound, long begin, long end) {
  float widths[MOST_BINS], heights[MOST_BINS];
  for (long r = begin; r < end; r++) {
    const float *p = h + r * h_stride;
    for (long c = 0; c < columns; c++, p += 3 * bins - 1) {
      float v = z[r * stride + c];
      float *to = x + r * x_stride + c;
      *to = v;
      if (!(v > -bound && v < bound)) continue;
      bin b = find(p, v, bins, bound, 1, widths, heights);
      float s = b.height / b.width, up = v - b.y, curve = b.slope1 + b.slope0 - 2.0f * s;
      float a2 = b.height * (s - b.slope0) + up * curve, a1 = b.height * b.slope0 - up * curve;
      float under = a1 * a1 + 4.0f * a2 * s * up;
      float t = 2.0f * s * up / (a1 + sqrtf(under > 0.0f ? under : 0.0f));
      t = t < 0.0f ? 0.0f : t > 1.0f ? 1.0f : t;
      *to = b.x + t * b.width;
    }
  }
}

// ---- mixtures: h holds K weights' logits, K means, K log scales, and of logistics a and b

#define MOST_COMPONENTS 64

/// The logs of the components' shares.
INLINE void log_softmax(float *logs, const float *raw, long count) {
  float largest = raw[0], sum = 0.0f;
  for (long i = 1; i < count; i++) largest = raw[i] > largest ? raw[i] : largest;
  for (long i = 0; i < count; i++) sum += glow_exp(raw[i] - largest);
  float shift = largest + glow_log(sum);
  for (long i = 0; i < count; i++) logs[i] = raw[i] - shift;
}

/// log Σ exp(terms), and what each term has in it.
INLINE float log_sum(float *shares, const float *terms, long count) {
  float largest = terms[0], sum = 0.0f;
  for (long i = 1; i < count; i++) largest = terms[i] > largest ? terms[i] : largest;
  if (!(largest > -INFINITY)) {
    for (long i = 0; i < count; i++) shares[i] = 1.0f / (float)count;
    return largest;
  }
  for (long i = 0; i < count; i++) shares[i] = glow_exp(terms[i] - largest), sum += shares[i];
  float inverse = 1.0f / sum;
  for (long i = 0; i < count; i++) shares[i] *= inverse;
  return largest + glow_log(sum);
}

/// At x: log F, log(1 - F), log f, and each component's part in them.
typedef struct {
  float log_below, log_above, log_density;
  float logs[MOST_COMPONENTS], e[MOST_COMPONENTS];
  float below[MOST_COMPONENTS], above[MOST_COMPONENTS], density[MOST_COMPONENTS];
} logistics;

INLINE void logistic_at(logistics *m, const float *p, float x, long k) {
  float terms[MOST_COMPONENTS];
  for (long i = 0; i < k; i++) m->e[i] = (x - p[k + i]) * glow_exp(-p[2 * k + i]);
  for (long i = 0; i < k; i++) terms[i] = m->logs[i] - glow_softplus(-m->e[i]);
  m->log_below = log_sum(m->below, terms, k);
  for (long i = 0; i < k; i++) terms[i] = m->logs[i] - glow_softplus(m->e[i]);
  m->log_above = log_sum(m->above, terms, k);
  for (long i = 0; i < k; i++)
    terms[i] = m->logs[i] + m->e[i] - p[2 * k + i] - 2.0f * glow_softplus(m->e[i]);
  m->log_density = log_sum(m->density, terms, k);
}

KERNEL void glow_logistic_mixture(float *z, float *log_det, const float *x, long stride,
                                  const float *h, long h_stride, long columns, long components,
                                  long begin, long end) {
  long k = components;
  logistics m;
  for (long r = begin; r < end; r++) {
    const float *p = h + r * h_stride;
    float sum = 0.0f;
    for (long c = 0; c < columns; c++, p += 3 * k + 2) {
      log_softmax(m.logs, p, k);
      logistic_at(&m, p, x[r * stride + c], k);
      float a = glow_tanh(p[3 * k]);
      z[r * columns + c] = (m.log_below - m.log_above) * glow_exp(a) + p[3 * k + 1];
      sum += m.log_density - m.log_below - m.log_above + a;
    }
    log_det[r] = sum;
  }
}

KERNEL void glow_logistic_mixture_backward(float *dx, float *dh, const float *dz,
                                           const float *d_log_det, const float *x, long stride,
                                           const float *h, long h_stride, long columns,
                                           long components, long begin, long end) {
  long k = components;
  logistics m;
  for (long r = begin; r < end; r++) {
    const float *p = h + r * h_stride;
    float *q = dh + r * columns * (3 * k + 2), g_log = d_log_det[r];
    for (long c = 0; c < columns; c++, p += 3 * k + 2, q += 3 * k + 2) {
      log_softmax(m.logs, p, k);
      logistic_at(&m, p, x[r * stride + c], k);
      float a = glow_tanh(p[3 * k]), g = dz[r * columns + c], scaled = g * glow_exp(a);
      float g_below = scaled - g_log, g_above = -scaled - g_log, all = 0.0f, g_x = 0.0f;
      for (long i = 0; i < k; i++) {
        float up = glow_sigmoid(m.e[i]), inverse = glow_exp(-p[2 * k + i]);
        float in_density = g_log * m.density[i];
        float g_e = g_below * m.below[i] * (1.0f - up) - g_above * m.above[i] * up +
                    in_density * (1.0f - 2.0f * up);
        q[i] = g_below * m.below[i] + g_above * m.above[i] + in_density;
        q[k + i] = -g_e * inverse;
        q[2 * k + i] = -m.e[i] * g_e - in_density;
        all += q[i];
        g_x += g_e * inverse;
      }
      for (long i = 0; i < k; i++) q[i] -= glow_exp(m.logs[i]) * all;
      q[3 * k] = (scaled * (m.log_below - m.log_above) + g_log) * (1.0f - a * a);
      q[3 * k + 1] = g;
      dx[r * columns + c] = g_x;
    }
  }
}

/// The root between the components' own: bisection, with Newton's step where it stays inside.
KERNEL void glow_logistic_mixture_inverse(float *x, long x_stride, const float *z, long stride,
                                          const float *h, long h_stride, long columns,
                                          long components, long begin, long end) {
  long k = components;
  logistics m;
  for (long r = begin; r < end; r++) {
    const float *p = h + r * h_stride;
    for (long c = 0; c < columns; c++, p += 3 * k + 2) {
      log_softmax(m.logs, p, k);
      float target = (z[r * stride + c] - p[3 * k + 1]) * glow_exp(-glow_tanh(p[3 * k]));
      float low = INFINITY, high = -INFINITY;
      for (long i = 0; i < k; i++) {
        float own = p[k + i] + target * glow_exp(p[2 * k + i]);
        low = own < low ? own : low, high = own > high ? own : high;
      }
      float v = 0.5f * (low + high);
      for (int i = 0; i < 80 && low < high; i++) {
        logistic_at(&m, p, v, k);
        float excess = m.log_below - m.log_above - target;
        if (excess > 0.0f) high = v; else low = v;
        float next = v - excess * glow_exp(m.log_below + m.log_above - m.log_density);
        if (!(next > low && next < high)) next = 0.5f * (low + high);
        if (next == v || excess == 0.0f) break;
        v = next;
      }
      x[r * x_stride + c] = v;
    }
  }
}

static const double root_half = 0.70710678118654752, log_root_two_pi = 0.91893853320467274;

KERNEL void glow_gaussian_mixture(float *z, float *log_det, const float *x, long stride,
                                  const float *h, long h_stride, long columns, long components,
                                  long begin, long end) {
  long k = components;
  float logs[MOST_COMPONENTS], terms[MOST_COMPONENTS], shares[MOST_COMPONENTS];
  for (long r = begin; r < end; r++) {
    const float *p = h + r * h_stride;
    float sum = 0.0f;
    for (long c = 0; c < columns; c++, p += 3 * k) {
      double below = 0.0;
      log_softmax(logs, p, k);
      for (long i = 0; i < k; i++) {
        float e = (x[r * stride + c] - p[k + i]) * glow_exp(-p[2 * k + i]);
        below += (double)glow_exp(logs[i]) * 0.5 * erfc(-(double)e * root_half);
        terms[i] = logs[i] - 0.5f * e * e - p[2 * k + i] - (float)log_root_two_pi;
      }
      // never 0 or 1, where a base on the unit interval ends
      z[r * columns + c] = below < 1e-37 ? 1e-37f : below > 1 - 0x1p-24 ? 1 - 0x1p-24f : below;
      sum += log_sum(shares, terms, k);
    }
    log_det[r] = sum;
  }
}

KERNEL void glow_gaussian_mixture_backward(float *dx, float *dh, const float *dz,
                                           const float *d_log_det, const float *x, long stride,
                                           const float *h, long h_stride, long columns,
                                           long components, long begin, long end) {
  long k = components;
  float logs[MOST_COMPONENTS], terms[MOST_COMPONENTS], shares[MOST_COMPONENTS];
  float e[MOST_COMPONENTS];
  for (long r = begin; r < end; r++) {
    const float *p = h + r * h_stride;
    float *q = dh + r * columns * 3 * k, g_log = d_log_det[r];
    for (long c = 0; c < columns; c++, p += 3 * k, q += 3 * k) {
      log_softmax(logs, p, k);
      for (long i = 0; i < k; i++) {
        e[i] = (x[r * stride + c] - p[k + i]) * glow_exp(-p[2 * k + i]);
        terms[i] = logs[i] - 0.5f * e[i] * e[i] - p[2 * k + i] - (float)log_root_two_pi;
      }
      log_sum(shares, terms, k);
      float g = dz[r * columns + c], g_x = 0.0f, all = 0.0f;
      for (long i = 0; i < k; i++) {
        float share = glow_exp(logs[i]), inverse = glow_exp(-p[2 * k + i]);
        float density = share * glow_exp(-0.5f * e[i] * e[i] - (float)log_root_two_pi);
        float g_e = g * density - g_log * shares[i] * e[i];
        q[i] = g * share * (float)(0.5 * erfc(-(double)e[i] * root_half)) + g_log * shares[i];
        q[k + i] = -g_e * inverse;
        q[2 * k + i] = -g_e * e[i] - g_log * shares[i];
        all += q[i], g_x += g_e * inverse;
      }
      for (long i = 0; i < k; i++) q[i] -= glow_exp(logs[i]) * all;
      dx[r * columns + c] = g_x;
    }
  }
}

/// Bisection, in double so that neither tail is lost; Newton's step where it stays inside.
KERNEL void glow_gaussian_mixture_inverse(float *x, long x_stride, const float *z, long stride,
                                          const float *h, long h_stride, long columns,
                                          long components, long begin, long end) {
  long k = components;
  float logs[MOST_COMPONENTS];
  for (long r = begin; r < end; r++) {
    const float *p = h + r * h_stride;
    for (long c = 0; c < columns; c++, p += 3 * k) {
      log_softmax(logs, p, k);
      double target = z[r * stride + c], low = INFINITY, high = -INFINITY;
      for (long i = 0; i < k; i++) {  // no float lies further out than 40 deviations
        double scale = exp(p[2 * k + i]);
        low = fmin(low, p[k + i] - 40.0 * scale), high = fmax(high, p[k + i] + 40.0 * scale);
      }
      double v = 0.5 * (low + high);
      for (int i = 0; i < 200; i++) {
        double below = 0.0, density = 0.0;
        for (long j = 0; j < k; j++) {
          double inverse = exp(-(double)p[2 * k + j]), e = (v - p[k + j]) * inverse;
          double share = exp(logs[j]);
          below += share * 0.5 * erfc(-e * root_half);
          density += share * exp(-0.5 * e * e - log_root_two_pi) * inverse;
        }
        double excess = below - target;
        if (excess > 0.0) high = v; else low = v;
        double next = v - excess / density;
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        if (fabs(next - v) <= 1e-9 * (1e-3 + fabs(v)) || excess == 0.0) break;
        v = next;
      }
      x[r * x_stride + c] = (float)v;
    }
  }
}
