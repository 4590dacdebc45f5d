// Mixtures as functions of one variable: h holds the logits of K weights, K means and K log scales,
// and of logistics log a and b. Forward, backward and inverse as in transformers.c.
#include <math.h>

#include "lanes.h"

#define MOST_COMPONENTS 64

// ---- logistics: z = logit(F(x)) · exp(tanh log a) + b
//
// LANES elements at a time, in the order of rows and columns, each parameter's values side by side,
// so that all of it vectorises however few columns a row has.

/// What is known of LANES elements.
typedef struct {
  float raw[3 * MOST_COMPONENTS + 2][LANES];  // the parameters
  float weight[MOST_COMPONENTS][LANES], inverse[MOST_COMPONENTS][LANES];  // π and exp(-s)
  float x[LANES], e[MOST_COMPONENTS][LANES], up[MOST_COMPONENTS][LANES];  // up: sigmoid(e)
  float log_below[LANES], log_above[LANES], log_density[LANES];  // log F, log(1 - F) and log f
  // each component's part in F, 1 - F and f; all of them sum to these
  float below[MOST_COMPONENTS][LANES], above[MOST_COMPONENTS][LANES];
  float density[MOST_COMPONENTS][LANES];
  float all_below[LANES], all_above[LANES], all_density[LANES];
} logistics;

INLINE void load(logistics *m, const places *at, const float *h, long h_stride, long k) {
  for (int i = 0; i < LANES; i++) {
    const float *p = h + at->row[i] * h_stride + at->column[i] * (3 * k + 2);
    for (long j = 0; j < 3 * k + 2; j++) m->raw[j][i] = p[j];
  }
  softmax(m->weight, m->raw, k);
  for (long j = 0; j < k; j++) EACH m->inverse[j][i] = glow_exp(-m->raw[2 * k + j][i]);
}

/// Fills in what depends on x.
///
/// With t = exp(-|e|), F has π / (1 + t) of a component that x lies above, else that times t; 1 - F
/// the other way round, and f both. Where x lies beyond all components, the largest t is taken out
/// of the sum before it can vanish.
INLINE void evaluate(logistics *m, long k) {
  float nearest[LANES], lowest[LANES], highest[LANES], scale[LANES];
  EACH nearest[i] = -3e38f, lowest[i] = INFINITY, highest[i] = -INFINITY;
  for (long j = 0; j < k; j++)
    EACH {
      float e = (m->x[i] - m->raw[k + j][i]) * m->inverse[j][i], down = e < 0.0f ? e : -e;
      m->e[j][i] = e;
      nearest[i] = down > nearest[i] ? down : nearest[i];
      lowest[i] = e < lowest[i] ? e : lowest[i], highest[i] = e > highest[i] ? e : highest[i];
    }
  EACH scale[i] = glow_exp(nearest[i]);
  EACH m->all_below[i] = m->all_above[i] = m->all_density[i] = 0.0f;
  for (long j = 0; j < k; j++)
    EACH {
      float e = m->e[j][i], down = e < 0.0f ? e : -e, part = glow_exp(down - nearest[i]);
      float t = part * scale[i], share = 1.0f / (1.0f + t), weighted = m->weight[j][i] * share;
      float far = e < 0.0f ? t : 1.0f, near = e < 0.0f ? 1.0f : t;
      m->up[j][i] = far * share;
      m->below[j][i] = weighted * (highest[i] < 0.0f ? part : far);
      m->above[j][i] = weighted * (lowest[i] >= 0.0f ? part : near);
      m->density[j][i] = weighted * share * part * m->inverse[j][i];
      m->all_below[i] += m->below[j][i], m->all_above[i] += m->above[j][i];
      m->all_density[i] += m->density[j][i];
    }
  EACH {
    m->log_below[i] = glow_log(m->all_below[i]) + (highest[i] < 0.0f ? nearest[i] : 0.0f);
    m->log_above[i] = glow_log(m->all_above[i]) + (lowest[i] >= 0.0f ? nearest[i] : 0.0f);
    m->log_density[i] = glow_log(m->all_density[i]) + nearest[i];
  }
}

INLINE void logistic_rows(float *z, long z_stride, float *log_det, const float *x, long stride,
                          const float *h, long h_stride, long columns, long k, long begin,
                          long end) {
  logistics m;
  places at;
  for (long r = begin; r < end; r++) log_det[r] = 0.0f;
  BLOCKS(columns) {
    find_places(&at, first, count, columns);
    load(&m, &at, h, h_stride, k);
    load_values(m.x, &at, x, stride);
    evaluate(&m, k);
    float out[LANES], logs[LANES];
    EACH {
      float a = glow_tanh(m.raw[3 * k][i]);
      out[i] = (m.log_below[i] - m.log_above[i]) * glow_exp(a) + m.raw[3 * k + 1][i];
      logs[i] = m.log_density[i] - m.log_below[i] - m.log_above[i] + a;
    }
    for (long i = 0; i < count; i++) {
      z[at.row[i] * z_stride + at.column[i]] = out[i];
      log_det[at.row[i]] += logs[i];
    }
  }
}

KERNEL void glow_logistic_mixture(float *z, long z_stride, float *log_det, const float *x,
                                  long stride, const float *h, long h_stride, long columns,
                                  long components, long begin, long end) {
  if (components == 4)
    logistic_rows(z, z_stride, log_det, x, stride, h, h_stride, columns, 4, begin, end);
  else
    logistic_rows(z, z_stride, log_det, x, stride, h, h_stride, columns, components, begin, end);
}

INLINE void logistic_rows_backward(float *dx, long dx_stride, float *dh, const float *dz,
                                   long dz_stride, const float *d_log_det, const float *x,
                                   long stride, const float *h, long h_stride, long columns,
                                   long k, long begin, long end) {
  logistics m;
  places at;
  float q[3 * MOST_COMPONENTS + 2][LANES];
  BLOCKS(columns) {
    find_places(&at, first, count, columns);
    load(&m, &at, h, h_stride, k);
    load_values(m.x, &at, x, stride);
    evaluate(&m, k);
    float g[LANES], g_log[LANES], g_below[LANES], g_above[LANES], all[LANES], g_x[LANES];
    load_values(g, &at, dz, dz_stride);
    EACH g_log[i] = d_log_det[at.row[i]];
    EACH {
      float a = glow_tanh(m.raw[3 * k][i]), scaled = g[i] * glow_exp(a);
      q[3 * k][i] = (scaled * (m.log_below[i] - m.log_above[i]) + g_log[i]) * (1.0f - a * a);
      q[3 * k + 1][i] = g[i];
      g_below[i] = (scaled - g_log[i]) / m.all_below[i];
      g_above[i] = (-scaled - g_log[i]) / m.all_above[i];
      g_log[i] /= m.all_density[i];
      all[i] = g_x[i] = 0.0f;
    }
    for (long j = 0; j < k; j++)
      EACH {
        float up = m.up[j][i], in_density = g_log[i] * m.density[j][i];
        float below = g_below[i] * m.below[j][i], above = g_above[i] * m.above[j][i];
        float g_e = below * (1.0f - up) - above * up + in_density * (1.0f - 2.0f * up);
        float share = below + above + in_density;
        q[j][i] = share, q[k + j][i] = -g_e * m.inverse[j][i];
        q[2 * k + j][i] = -m.e[j][i] * g_e - in_density;
        all[i] += share, g_x[i] += g_e * m.inverse[j][i];
      }
    for (long j = 0; j < k; j++) EACH q[j][i] -= m.weight[j][i] * all[i];
    for (long i = 0; i < count; i++) {
      float *out = dh + (first + i) * (3 * k + 2);
      dx[at.row[i] * dx_stride + at.column[i]] = g_x[i];
      for (long j = 0; j < 3 * k + 2; j++) out[j] = q[j][i];
    }
  }
}

KERNEL void glow_logistic_mixture_backward(float *dx, long dx_stride, float *dh, const float *dz,
                                           long dz_stride, const float *d_log_det, const float *x,
                                           long stride, const float *h, long h_stride,
                                           long columns, long components, long begin, long end) {
  if (components == 4)
    logistic_rows_backward(dx, dx_stride, dh, dz, dz_stride, d_log_det, x, stride, h, h_stride,
                           columns, 4, begin, end);
  else
    logistic_rows_backward(dx, dx_stride, dh, dz, dz_stride, d_log_det, x, stride, h, h_stride,
                           columns, components, begin, end);
}

/// The root between the components' own: bisection, with Newton's step where it stays inside.
KERNEL void glow_logistic_mixture_inverse(float *x, long x_stride, const float *z, long stride,
                                          const float *h, long h_stride, long columns,
                                          long components, long begin, long end) {
  long k = components;
  logistics m;
  places at;
  BLOCKS(columns) {
    find_places(&at, first, count, columns);
    load(&m, &at, h, h_stride, k);
    float target[LANES], low[LANES], high[LANES];
    load_values(target, &at, z, stride);
    EACH {
      target[i] = (target[i] - m.raw[3 * k + 1][i]) * glow_exp(-glow_tanh(m.raw[3 * k][i]));
      low[i] = INFINITY, high[i] = -INFINITY;
    }
    for (long j = 0; j < k; j++)
      EACH {
        float own = m.raw[k + j][i] + target[i] / m.inverse[j][i];
        low[i] = own < low[i] ? own : low[i], high[i] = own > high[i] ? own : high[i];
      }
    int is_found[LANES], left = LANES;
    EACH m.x[i] = 0.5f * (low[i] + high[i]), is_found[i] = !(low[i] < high[i]);
    for (int turn = 0; turn < 80 && left > 0; turn++) {
      evaluate(&m, k);
      left = 0;
      EACH {
        float v = m.x[i], excess = m.log_below[i] - m.log_above[i] - target[i];
        if (excess > 0.0f) high[i] = v; else low[i] = v;
        float next =
            v - excess * glow_exp(m.log_below[i] + m.log_above[i] - m.log_density[i]);
        if (!(next > low[i] && next < high[i])) next = 0.5f * (low[i] + high[i]);
        is_found[i] |= next == v || excess == 0.0f;
        m.x[i] = is_found[i] ? v : next;
        left += !is_found[i];
      }
    }
    for (long i = 0; i < count; i++) x[at.row[i] * x_stride + at.column[i]] = m.x[i];
  }
}

// One element in double, for values that pass there and back.

/// log Σ exp(terms).
static double log_sum_double(const double *terms, long count) {
  double largest = -INFINITY, sum = 0.0;
  for (long i = 0; i < count; i++) largest = fmax(largest, terms[i]);
  for (long i = 0; i < count; i++) sum += exp(terms[i] - largest);
  return largest + log(sum);
}

/// logit F(x), and the derivative of that where it is asked for.
static double logistic_logit(double x, const float *h, long k, double *slope) {
  double shares[MOST_COMPONENTS], below[MOST_COMPONENTS], above[MOST_COMPONENTS];
  double density[MOST_COMPONENTS];
  for (long j = 0; j < k; j++) shares[j] = h[j];
  double all = log_sum_double(shares, k);
  for (long j = 0; j < k; j++) {
    double e = (x - h[k + j]) * exp(-(double)h[2 * k + j]), tail = log1p(exp(-fabs(e)));
    below[j] = shares[j] - all + fmin(e, 0.0) - tail;  // log π σ(e)
    above[j] = shares[j] - all - fmax(e, 0.0) - tail;  // log π σ(-e)
    density[j] = below[j] - fmax(e, 0.0) - tail - h[2 * k + j];
  }
  double log_below = log_sum_double(below, k), log_above = log_sum_double(above, k);
  if (slope) *slope = exp(log_sum_double(density, k) - log_below - log_above);
  return log_below - log_above;
}

double glow_logistic_mixture_of(double x, const float *h, long k) {
  return logistic_logit(x, h, k, NULL) * exp(tanh(h[3 * k])) + h[3 * k + 1];
}

/// As in float32: Newton's step where it stays between two bounds, else halfway.
double glow_logistic_mixture_root(double z, double start, const float *h, long k) {
  double target = (z - h[3 * k + 1]) * exp(-tanh(h[3 * k])), low = INFINITY, high = -INFINITY;
  for (long j = 0; j < k; j++) {
    double own = h[k + j] + target * exp((double)h[2 * k + j]);
    low = fmin(low, own), high = fmax(high, own);
  }
  double x = start > low && start < high ? start : 0.5 * (low + high);
  for (int turn = 0; turn < 200 && low < high; turn++) {
    double slope, excess = logistic_logit(x, h, k, &slope) - target;
    if (excess > 0.0) high = x; else low = x;
    double next = x - excess / slope;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (fabs(next - x) <= 1e-15 * (1.0 + fabs(x))) break;
    x = next;
  }
  return x;
}

// ---- Gaussians: z = Φ-mixture(x), onto (0, 1)

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
