// For kernels that take LANES values at a time, each parameter's side by side, so that all of it
// vectorises.
#pragma once

#include "kernel.h"

#define LANES 16
#define EACH for (int i = 0; i < LANES; i++)

/// shares = softmax(raw), over `count` numbers of each lane.
INLINE void softmax(float (*shares)[LANES], float (*raw)[LANES], long count) {
  float largest[LANES], sum[LANES];
  EACH largest[i] = raw[0][i], sum[i] = 0.0f;
  for (long b = 1; b < count; b++)
    EACH largest[i] = raw[b][i] > largest[i] ? raw[b][i] : largest[i];
  for (long b = 0; b < count; b++)
    EACH {
      float e = glow_exp(raw[b][i] - largest[i]);
      shares[b][i] = e;
      sum[i] += e;
    }
  EACH sum[i] = 1.0f / sum[i];
  for (long b = 0; b < count; b++) EACH shares[b][i] *= sum[i];
}

/// Where LANES elements from `first` on stand; those from `count` on are the last once more.
typedef struct {
  long row[LANES], column[LANES];
} places;

INLINE void find_places(places *at, long first, long count, long columns) {
  long r = first / columns, c = first % columns;
  for (long i = 0; i < LANES; i++) {
    at->row[i] = r, at->column[i] = c;
    if (i < count - 1 && ++c == columns) c = 0, r++;
  }
}

INLINE void load_values(float *values, const places *at, const float *x, long stride) {
  for (int i = 0; i < LANES; i++) values[i] = x[at->row[i] * stride + at->column[i]];
}

/// For `count` elements from `first` on, LANES but for the last time, of the rows from `begin` to
/// `end` of so many columns.
#define BLOCKS(columns)                                                                  \
  for (long first = begin * (columns), count; first < end * (columns); first += LANES)   \
    if (count = end * (columns) - first < LANES ? end * (columns) - first : LANES, count > 0)
