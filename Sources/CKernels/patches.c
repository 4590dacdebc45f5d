// A convolution is a matrix product over patches. Where the input has fewer channels, its patches
// are laid out (glow_patches) and multiplied; where the output has fewer, the product comes first
// and its parts are added up where they belong (glow_fold). The two are each other's adjoint.
#include "kernel.h"

// Pixels have few channels: a loop over so many as the compiler knows takes no time for being one.
#define KNOWN(n, name, ...) \
  case n:                   \
    name(n, __VA_ARGS__);   \
    break;
#define OF_CHANNELS(channels, name, ...) \
  switch (channels) {                    \
    KNOWN(1, name, __VA_ARGS__)          \
    KNOWN(2, name, __VA_ARGS__)          \
    KNOWN(3, name, __VA_ARGS__)          \
    KNOWN(4, name, __VA_ARGS__)          \
    KNOWN(5, name, __VA_ARGS__)          \
    KNOWN(6, name, __VA_ARGS__)          \
    KNOWN(7, name, __VA_ARGS__)          \
    KNOWN(8, name, __VA_ARGS__)          \
    default:                             \
      name(channels, __VA_ARGS__);       \
  }

/// Which pixels of a line see one `dx` on in it.
INLINE long first_seeing(long dx, long width) {
  long first = dx < 0 ? -dx : 0;
  return first < width ? first : width;
}
INLINE long end_seeing(long dx, long width) {
  long end = dx > 0 ? width - dx : width;
  return end > 0 ? end : 0;
}

// The same for elements of either format, which are only moved.
#define PATCHES(name, name_of, element)                                                        \
  INLINE void name_of(long c, element *out, long row, const element *x, long stride,           \
                      glow_window w, int sign, long begin, long end) {                         \
    for (long line = begin; line < end; line++) {                                              \
      long y = line % w.height;                                                                \
      for (long ky = 0; ky < w.kernel_height; ky++) {                                          \
        long dy = sign * (ky - w.kernel_height / 2) * w.dilation;                              \
        bool inside = y + dy >= 0 && y + dy < w.height;                                        \
        for (long kx = 0; kx < w.kernel_width; kx++) {                                         \
          long dx = sign * (kx - w.kernel_width / 2) * w.dilation;                             \
          long first = inside ? first_seeing(dx, w.width) : w.width;                           \
          long last = inside ? end_seeing(dx, w.width) : w.width;                              \
          element *to = out + (line - begin) * w.width * row + (ky * w.kernel_width + kx) * c; \
          const element *from = x + ((line + dy) * w.width + dx) * stride;                     \
          for (long px = 0; px < first; px++)                                                  \
            for (long i = 0; i < c; i++) to[px * row + i] = 0;                                 \
          for (long px = first; px < last; px++)                                               \
            for (long i = 0; i < c; i++) to[px * row + i] = from[px * stride + i];             \
          for (long px = last; px < w.width; px++)                                             \
            for (long i = 0; i < c; i++) to[px * row + i] = 0;                                 \
        }                                                                                      \
      }                                                                                        \
    }                                                                                          \
  }                                                                                            \
  KERNEL void name(element *out, long row, const element *x, long stride, glow_window w,       \
                   int sign, long begin, long end) {                                           \
    OF_CHANNELS(w.channels, name_of, out, row, x, stride, w, sign, begin, end)                 \
  }
PATCHES(glow_patches, patches_of, float)
PATCHES(glow_patches_bfloat16, patches_of_bfloat16, uint16_t)

void glow_taps_bfloat16(uint16_t *out, long out_stride, const uint16_t *x, long stride,
                        long columns, long shift, long first, long last, long begin, long end) {
  long bytes = columns * sizeof(uint16_t);
  for (long r = begin; r < end; r++)
    for (long tap = 0; tap < 3; tap++) {
      uint16_t *to = out + (r - begin) * out_stride + tap * columns;
      long seen = r + (tap - 1) * shift;
      if (seen >= first && seen < last)
        memcpy(to, x + seen * stride, bytes);
      else
        memset(to, 0, bytes);
    }
}

INLINE void fold_of(long c, float *out, const float *z, long row, glow_window w, int sign,
                    long begin, long end) {
  for (long line = begin; line < end; line++) {
    long y = line % w.height;
    float *to = out + line * w.width * c;
    for (long i = 0; i < w.width * c; i++) to[i] = 0.0f;
    for (long ky = 0; ky < w.kernel_height; ky++) {
      long dy = sign * (ky - w.kernel_height / 2) * w.dilation;
      if (y + dy < 0 || y + dy >= w.height) continue;
      for (long kx = 0; kx < w.kernel_width; kx++) {
        long dx = sign * (kx - w.kernel_width / 2) * w.dilation;
        long first = first_seeing(dx, w.width), last = end_seeing(dx, w.width);
        const float *from =
            z + ((line + dy) * w.width + dx) * row + (ky * w.kernel_width + kx) * c;
        for (long px = first; px < last; px++)
          COLUMNS(i, c) to[px * c + i] += from[px * row + i];
      }
    }
  }
}

KERNEL void glow_fold(float *out, const float *z, long row, glow_window w, int sign, long begin,
                      long end) {
  OF_CHANNELS(w.channels, fold_of, out, z, row, w, sign, begin, end)
}

// Where element [o, k, 0] of a folded matrix stands.
INLINE long folded_index(long o, long k, long stride, long outputs, long inputs,
                         bool kernel_first) {
  return kernel_first ? (k * outputs + o) * stride : o * stride + k * inputs;
}

// 1 and 3 taps are those of most weights, and at known distances rows are read in vectors.
#define OF_TAPS(taps, name, ...) \
  if (taps == 1)                 \
    name(1, __VA_ARGS__);        \
  else if (taps == 3)            \
    name(3, __VA_ARGS__);        \
  else                           \
    name(taps, __VA_ARGS__);

#define FOLD_WEIGHT(name, name_of, element, of)                                                 \
  INLINE void name_of(long taps, element *folded, long stride, const float *weight,             \
                      const float *scale, long outputs, long inputs, bool kernel_first,         \
                      long begin, long end) {                                                   \
    for (long o = begin; o < end; o++) {                                                        \
      float s = scale[o];                                                                       \
      const float *from = weight + o * inputs * taps;                                           \
      for (long k = 0; k < taps; k++) {                                                         \
        element *to = folded + folded_index(o, k, stride, outputs, inputs, kernel_first);       \
        COLUMNS(i, inputs) to[i] = of(from[i * taps + k] * s);                                  \
      }                                                                                         \
    }                                                                                           \
  }                                                                                             \
  KERNEL void name(element *folded, long stride, const float *weight, const float *scale,       \
                   long outputs, long inputs, long taps, bool kernel_first, long begin,         \
                   long end) {                                                                  \
    OF_TAPS(taps, name_of, folded, stride, weight, scale, outputs, inputs, kernel_first, begin, \
            end)                                                                                \
  }
FOLD_WEIGHT(glow_fold_weight, fold_weight_of, float, (float))
FOLD_WEIGHT(glow_fold_weight_bfloat16, fold_weight_of_bfloat16, uint16_t, glow_narrowed)

KERNEL void glow_fold_weight_transposed(float *folded, long stride, const float *weight,
                                        const float *scale, long outputs, long inputs, long taps,
                                        bool kernel_first, long begin, long end) {
  enum { TILE = 16 };  // so many outputs' weights are read side by side, to write whole cache lines
  for (long o = begin; o < end; o += TILE) {
    long count = o + TILE < end ? TILE : end - o, row = inputs * taps;
    const float *from = weight + o * row;
    for (long i = 0; i < inputs; i++)
      for (long k = 0; k < taps; k++, from++) {
        float *to = folded + (kernel_first ? i * stride + k * outputs + o
                                           : (k * inputs + i) * stride + o);
        if (count == TILE)
          for (long t = 0; t < TILE; t++) to[t] = from[t * row] * scale[o + t];
        else
          for (long t = 0; t < count; t++) to[t] = from[t * row] * scale[o + t];
      }
  }
}

INLINE void unfold_of(long taps, float *gradient, float *dot, const float *d, long stride,
                      const float *weight, const float *scale, long outputs, long inputs,
                      bool kernel_first, long begin, long end) {
#pragma clang fp reassociate(on)
  for (long o = begin; o < end; o++) {
    float s = scale[o], sum = 0.0f;
    const float *w = weight + o * inputs * taps;
    float *g = gradient + o * inputs * taps;
    for (long k = 0; k < taps; k++) {
      const float *from = d + folded_index(o, k, stride, outputs, inputs, kernel_first);
      COLUMNS(i, inputs) {
        g[i * taps + k] += from[i] * s;
        sum += from[i] * w[i * taps + k];
      }
    }
    dot[o] = sum * s;
  }
}

KERNEL void glow_unfold_weight(float *gradient, float *dot, const float *d, long stride,
                               const float *weight, const float *scale, long outputs, long inputs,
                               long taps, bool kernel_first, long begin, long end) {
  OF_TAPS(taps, unfold_of, gradient, dot, d, stride, weight, scale, outputs, inputs, kernel_first,
          begin, end)
}
