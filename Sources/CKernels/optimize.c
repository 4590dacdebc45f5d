#include <math.h>

#include "kernel.h"

KERNEL double glow_sum_of_squares(const float *x, long begin, long end) {
#pragma clang fp reassociate(on)
  double sum = 0.0;
  for (long i = begin; i < end; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}

INLINE void moments_and_value(float *value, float *gradient, float *first, float *second,
                              glow_adam_options o, long begin, long end) {
  float keep = 1.0f - o.rate * o.weight_decay, rate = o.rate / o.correction1;
  float root = 1.0f / sqrtf(o.correction2);
  for (long i = begin; i < end; i++) {
    float g = gradient[i] * o.gradient_scale;
    float m = o.beta1 * first[i] + (1.0f - o.beta1) * g, v, size;
    if (o.adamax) {
      float decayed = o.beta2 * second[i], magnitude = fabsf(g);
      v = decayed > magnitude ? decayed : magnitude;
      size = v;
    } else {
      v = o.beta2 * second[i] + (1.0f - o.beta2) * g * g;
      size = sqrtf(v) * root;
    }
    first[i] = m, second[i] = v, gradient[i] = 0.0f;
    value[i] = value[i] * keep - rate * m / (size + o.epsilon);
  }
}

KERNEL void glow_adam(float *value, float *gradient, float *first, float *second, float *average,
                      glow_adam_options o, long begin, long end) {
  // in stretches, so that the average finds the value in the nearest cache
  for (long last; begin < end; begin = last) {
    last = begin + 1024 < end ? begin + 1024 : end;
    moments_and_value(value, gradient, first, second, o, begin, last);
    if (average)
      for (long i = begin; i < last; i++)
        average[i] += (1.0f - o.average_decay) * (value[i] - average[i]);
  }
}

KERNEL void glow_muon_direction(float *direction, float *gradient, float *momentum, float beta,
                                float scale, long count) {
  for (long i = 0; i < count; i++) momentum[i] = beta * momentum[i] + scale * gradient[i];
  if (direction) {
    for (long i = 0; i < count; i++) direction[i] = scale * gradient[i] + beta * momentum[i];
    double norm = sqrt(glow_sum_of_squares(direction, 0, count));
    // a net whose gradients have ended stops, as its momentum falls far below what any step gives
    float inverse = (float)(1.0 / (norm + 1e-7));
    for (long i = 0; i < count; i++) direction[i] *= inverse;
  }
  for (long i = 0; i < count; i++) gradient[i] = 0.0f;
}

KERNEL void glow_muon_polynomial(float *squared, const float *matrix, float a, float b, float c,
                                 long side) {
  for (long i = 0; i < side * side; i++) squared[i] = b * matrix[i] + c * squared[i];
  for (long i = 0; i < side; i++) squared[i * side + i] += a;
}

KERNEL void glow_muon_apply(float *value, const float *direction, float *average, float keep,
                            float size, float average_decay, long count) {
  if (keep != 1.0f)
    for (long i = 0; i < count; i++) value[i] *= keep;
  if (direction)
    for (long i = 0; i < count; i++) value[i] -= size * direction[i];
  for (long i = 0; i < count; i++) average[i] += (1.0f - average_decay) * (value[i] - average[i]);
}
