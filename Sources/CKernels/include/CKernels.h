// Vector kernels in plain C, one file a topic. Each works on a range of rows, so that the caller
// decides how work is shared; none allocates, none keeps state. A row is one position of an
// N,H,W,C tensor: its channels lie together, `stride` is the distance from one row to the next.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// ---- parallel.c: the one thread pool, shared with oneDNN

typedef void (*glow_body)(void *context, long begin, long end);
void glow_parallel(long count, long grain, glow_body body, void *context);
void glow_set_threads(int threads);
int glow_threads(void);

// ---- random.c: Philox 4x32-10

void glow_philox_block(uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4]);
/// out[i] = element begin + i of the stream, in [0, 1).
void glow_uniform(float *out, uint64_t seed, uint64_t stream, long begin, long end);
/// out[i] = element begin + i of the stream of independent N(0, 1) values.
void glow_normal(float *out, uint64_t seed, uint64_t stream, long begin, long end);

/// The integers lowest…highest that samples are reduced to by a right shift, the width of their bins
/// on the real line, where 0 stands there, and what makes stored samples of them again.
typedef struct {
  int shift;
  float lowest, highest, width, origin, step;
} glow_grid;
/// out = (samples >> shift + noise) · width + origin
void glow_dequantize(float *out, const int16_t *samples, const float *noise, glow_grid g,
                     long count);
/// Samples back from x, those outside the range clamped; returns how many were.
long glow_quantize(int16_t *samples, const float *x, glow_grid g, long count);

// ---- patches.c: convolution as a matrix product

typedef struct {
  long height, width, channels;
  long kernel_height, kernel_width, dilation;
} glow_window;
/// out[p][k, :] = x[p + sign · offset(k)], zero outside; lines begin..<end of all N·H lines. `out`
/// begins with line `begin`.
void glow_patches(float *out, long out_stride, const float *x, long stride, glow_window w, int sign,
                  long begin, long end);
void glow_patches_bfloat16(uint16_t *out, long out_stride, const uint16_t *x, long stride,
                           glow_window w, int sign, long begin, long end);
/// Rows begin to end of x, each between the one `shift` before it and the one `shift` after it, which
/// are zeros unless first ≤ row < last: 3·columns a row. out begins with row `begin`. A negative
/// shift looks the other way.
void glow_taps_bfloat16(uint16_t *out, long out_stride, const uint16_t *x, long stride,
                        long columns, long shift, long first, long last, long begin, long end);
/// out[p] = Σ_k z[p + sign · offset(k)][k, :].
void glow_fold(float *out, const float *z, long stride, glow_window w, int sign, long begin,
               long end);
/// folded[o][k, i] = weight[o, i, k] · scale[o], outputs o in begin..<end; with `kernel_first` the
/// rows are [k, o]. `stride` is the distance between rows of the folded matrix.
void glow_fold_weight(float *folded, long stride, const float *weight, const float *scale,
                      long outputs, long inputs, long taps, bool kernel_first, long begin,
                      long end);
void glow_fold_weight_bfloat16(uint16_t *folded, long stride, const float *weight,
                               const float *scale, long outputs, long inputs, long taps,
                               bool kernel_first, long begin, long end);
/// The same matrix transposed.
void glow_fold_weight_transposed(float *folded, long stride, const float *weight,
                                 const float *scale, long outputs, long inputs, long taps,
                                 bool kernel_first, long begin, long end);
/// The adjoint: gradient[o, i, k] += d[o, k, i] · scale[o] and dot[o] = Σ d[o] · weight[o] · scale[o].
void glow_unfold_weight(float *gradient, float *dot, const float *d, long stride,
                        const float *weight, const float *scale, long outputs, long inputs,
                        long taps, bool kernel_first, long begin, long end);

// ---- bfloat16.c: the upper half of a float

/// Between the formats; narrowing rounds to nearest, ties to even, and adds what it was given to
/// sums[c], in double, where these aren't null.
void glow_widen(float *out, long out_stride, const uint16_t *x, long stride, long columns,
                long begin, long end);
void glow_narrow(uint16_t *out, long out_stride, const float *x, long stride, double *sums,
                 long columns, long begin, long end);
/// As glow_relu_backward.
void glow_relu_backward_bfloat16(uint16_t *d, long d_stride, const uint16_t *y, long stride,
                                 float *sums, long columns, long begin, long end);

// ---- rows.c: maps over rows and sums over them

/// x = max(x + bias, 0), or without the maximum where not `rectify`.
void glow_bias(float *x, long stride, const float *bias, bool rectify, long columns, long begin,
               long end);
/// d = 0 where y = 0, and sums[c] += d[c].
void glow_relu_backward(float *d, long d_stride, const float *y, long stride, float *sums,
                        long columns, long begin, long end);
/// sums[c] += Σ x[c].
void glow_column_sums(double *sums, const float *x, long stride, long columns, long begin,
                      long end);
/// sums[c] += Σ (x[c] - mean[c])².
void glow_column_squares(double *sums, const float *x, const float *mean, long stride,
                         long columns, long begin, long end);
/// z = (x + bias) · scale.
void glow_affine(float *z, const float *x, long stride, const float *bias, const float *scale,
                 long columns, long begin, long end);
/// x = z / scale - bias.
void glow_affine_inverse(float *x, const float *z, long stride, const float *bias,
                         const float *scale, long columns, long begin, long end);
/// dx = dz · scale, d_bias += Σ dx, d_scale += Σ dz · (x + bias) · scale.
void glow_affine_backward(float *dx, double *d_bias, double *d_scale, const float *dz,
                          const float *x, long stride, const float *bias, const float *scale,
                          long columns, long begin, long end);
/// Copies rows between strided blocks of `columns` floats; with `add` it adds.
void glow_copy_rows(float *out, long out_stride, const float *x, long stride, bool add,
                    long columns, long begin, long end);
/// Squeeze: out[y, x, c·fh·fw + dy·fw + dx] = in[y·fh + dy, x·fw + dx, c]; lines of the output.
void glow_squeeze(float *out, const float *in, long stride, long height, long width, long channels,
                  long fh, long fw, long begin, long end);
void glow_unsqueeze(float *out, const float *in, long stride, long height, long width,
                    long channels, long fh, long fw, long begin, long end);

// ---- coupling.c: the arithmetic of affine and additive couplings, over whole rows of 2·half channels

/// z1 = x1, z2 = (x2 + shift) · s with s = sigmoid(logit + 2), h = (shift, logit) interleaved.
/// Returns Σ log s over the rows.
double glow_coupling(float *z, const float *x, long stride, const float *h, long half, long begin,
                     long end);
/// x1 = z1, x2 = z2 / s - shift.
void glow_coupling_inverse(float *x, const float *z, long stride, const float *h, long half,
                           long begin, long end);
/// dx1 = dz1, dx2 = dz2 · s, and dh, given the output z and the gradient d_logdet of Σ log s.
void glow_coupling_backward(float *dx, float *dh, const float *dz, const float *z, long stride,
                            const float *h, float d_logdet, long half, long begin, long end);
/// z1 = x1, z2 = x2 + sign · h.
void glow_coupling_additive(float *z, const float *x, long stride, const float *h, float sign,
                            long half, long begin, long end);

// ---- gate.c: a WaveNet layer between its products; g, dg and r begin with row `begin`

/// a = (tanh(a1 + bias1), sigmoid(a2 + bias2)), of 2·width columns.
void glow_gate(float *a, long stride, const float *bias, long width, long begin, long end);
/// g = a1 · a2, from what glow_gate left in a.
void glow_gated(float *g, long g_stride, const float *a, long stride, long width, long begin,
                long end);
void glow_gated_bfloat16(uint16_t *g, long g_stride, const float *a, long stride, long width,
                         long begin, long end);
/// Replaces a, as glow_gate left it, by the gradient of what it was before; sums += Σ of that, and
/// the same rows of `narrow`, where that isn't null, are set to it.
void glow_gate_backward(float *a, long stride, uint16_t *narrow, long narrow_stride,
                        const float *dg, long dg_stride, double *sums, long width, long begin,
                        long end);
/// out = x + r + bias; without x where it is null.
void glow_residual(float *out, long out_stride, const float *x, long x_stride, const float *r,
                   long r_stride, const float *bias, long width, long begin, long end);

/// x[r] += (1 − w) · table[p] + w · table[p + 1], p = places[r] and w = shares[r], and its gradient,
/// added to sums; over rows begin to end. Where w is 0, the row after p need not be there.
void glow_add_between(float *x, long stride, const float *table, long table_stride,
                      const int32_t *places, const float *shares, long width, long begin, long end);
void glow_sum_between(float *sums, long sums_stride, const float *d, long stride,
                      const int32_t *places, const float *shares, long width, long begin, long end);

/// out = x1 · sigmoid(x2); x has 2·width columns.
void glow_glu(float *out, const float *x, long stride, long width, long begin, long end);
/// dx from d, the gradient of out.
void glow_glu_backward(float *dx, const float *d, const float *x, long stride, long width,
                       long begin, long end);

// ---- batch.c: small matrices, one an example, all contiguous

/// c[i] = op(a[i]) · op(b[i]), m × n over k, for i from begin; not both are transposed.
void glow_batch_product(float *c, const float *a, bool transpose_a, const float *b,
                        bool transpose_b, long m, long n, long k, long begin, long end);

// ---- gaussian.c: diagonal Gaussians with (mean, log_scale) interleaved in h

/// Σ log N(z; mean, exp(log_scale)); h_stride 0 shares one row of h among all rows.
double glow_gaussian(const float *z, long stride, const float *h, long h_stride, long channels,
                     long begin, long end);
/// u = (z − mean) · exp(−log_scale), which is N(0, 1) where z is of the density; u is contiguous.
void glow_gaussian_standardize(float *u, const float *z, long stride, const float *h, long h_stride,
                               long channels, long begin, long end);
/// dz = d · ∂/∂z, dh (+)= d · ∂/∂h: accumulated where h_stride is 0, else written.
void glow_gaussian_backward(float *dz, float *dh, const float *z, long stride, const float *h,
                            long h_stride, float d, long channels, long begin, long end);
/// z = mean + temperature · exp(log_scale) · noise.
void glow_gaussian_sample(float *z, const float *noise, const float *h, long h_stride,
                          float temperature, long channels, long begin, long end);
/// z = Φ⁻¹(u + 2⁻²⁵), Φ the normal distribution function, of u in [0, 1); returns −Σ log φ(z).
double glow_normal_quantile(float *z, const float *u, long count);
/// u = Φ(z), below 1; returns Σ log φ(z).
double glow_normal_cdf(float *u, const float *z, long count);
/// dz = du · φ(z) − d · z, what backward needs of the latter.
void glow_normal_cdf_backward(float *dz, const float *du, const float *z, float d, long count);

// ---- elementwise.c: functions of single elements, and their gradients

typedef enum {
  glow_function_exp,
  glow_function_log,
  glow_function_log1p,
  glow_function_tanh,
  glow_function_sigmoid,
  glow_function_softplus,
  glow_function_sqrt,
  glow_function_square,
  glow_function_reciprocal,
  glow_function_relu,
  glow_function_sin,
} glow_function;
/// out = f(x), elements begin..<end.
void glow_map(glow_function f, float *out, const float *x, long begin, long end);
/// dx = d · f'(x), where z = f(x).
void glow_map_backward(glow_function f, float *dx, const float *d, const float *x, const float *z,
                       long begin, long end);

typedef enum {
  glow_operation_add,
  glow_operation_subtract,
  glow_operation_multiply,
  glow_operation_divide,
} glow_operation;
/// out = a (op) b; a stride of 0 repeats a row, a step of 0 an element along its row.
void glow_combine(glow_operation operation, float *out, const float *a, long a_stride, long a_step,
                  const float *b, long b_stride, long b_step, long columns, long begin, long end);
/// out[r] = Σ x[r, :].
void glow_row_sums(float *out, const float *x, long stride, long columns, long begin, long end);
/// out[:, c] = x[:, order[c]].
void glow_gather_columns(float *out, long out_stride, const float *x, long stride,
                         const int32_t *order, long columns, long begin, long end);
/// out[:, order[c]] += x[:, c].
void glow_scatter_columns(float *out, long out_stride, const float *x, long stride,
                          const int32_t *order, long columns, long begin, long end);

// ---- dense.c: fully connected layers

typedef enum { glow_activation_none, glow_activation_relu, glow_activation_tanh } glow_activation;
/// x = f(x + bias).
void glow_activate(float *x, long stride, const float *bias, glow_activation activation,
                   long columns, long begin, long end);
/// d = d · f', from y = f(…), and sums += Σ d.
void glow_activate_backward(float *d, long d_stride, const float *y, long stride, float *sums,
                            glow_activation activation, long columns, long begin, long end);
/// out = f(x · weightᵀ + bias), for a handful of outputs.
void glow_dense(float *out, long out_stride, const float *x, long stride, const float *weight,
                long weight_stride, const float *bias, glow_activation activation, long inputs,
                long outputs, long begin, long end);
/// arranged[o, i] = weight[row_order[o], column_order[i]] for i < extents[o], else 0.
void glow_arrange_weight(float *arranged, long stride, const float *weight, long columns,
                         const int32_t *row_order, const int32_t *column_order,
                         const int32_t *extents, long begin, long end);
/// out[c, r] = x[r, c].
void glow_transpose(float *out, long out_stride, const float *x, long stride, long columns,
                    long begin, long end);
/// The adjoint: adds to the gradient of the weight.
void glow_disarrange_gradient(float *gradient, const float *d, long stride, long columns,
                              const int32_t *row_order, const int32_t *column_order,
                              const int32_t *extents, long begin, long end);

// ---- transformers.c: invertible functions of one variable, z = f(x; h)
//
// x, z: rows of `columns`; h: rows of parameters, column after column; log_det: the sum over the
// columns of a row. Backward writes dx and dh (its rows one right after the other).

void glow_additive_transformer(float *z, float *log_det, const float *x, long stride,
                               const float *h, long h_stride, long columns, long begin, long end);
void glow_additive_transformer_backward(float *dx, float *dh, const float *dz, long columns,
                                        long begin, long end);
void glow_additive_transformer_inverse(float *x, long x_stride, const float *z, long stride,
                                       const float *h, long h_stride, long columns, long begin,
                                       long end);
void glow_affine_transformer(float *z, float *log_det, const float *x, long stride, const float *h,
                             long h_stride, long columns, long begin, long end);
void glow_affine_transformer_backward(float *dx, float *dh, const float *dz,
                                      const float *d_log_det, const float *z, const float *h,
                                      long h_stride, long columns, long begin, long end);
void glow_affine_transformer_inverse(float *x, long x_stride, const float *z, long stride,
                                     const float *h, long h_stride, long columns, long begin,
                                     long end);
/// At most 64 bins.
void glow_spline(float *z, float *log_det, const float *x, long stride, const float *h,
                 long h_stride, long columns, long bins, float bound, long begin, long end);
void glow_spline_backward(float *dx, float *dh, const float *dz, const float *d_log_det,
                          const float *x, long stride, const float *h, long h_stride, long columns,
                          long bins, float bound, long begin, long end);
void glow_spline_inverse(float *x, long x_stride, const float *z, long stride, const float *h,
                         long h_stride, long columns, long bins, float bound, long begin, long end);

// ---- mixtures.c: as those, of at most 64 components

void glow_logistic_mixture(float *z, long z_stride, float *log_det, const float *x, long stride,
                           const float *h, long h_stride, long columns, long components, long begin,
                           long end);
void glow_logistic_mixture_backward(float *dx, long dx_stride, float *dh, const float *dz,
                                    long dz_stride, const float *d_log_det, const float *x,
                                    long stride, const float *h, long h_stride, long columns,
                                    long components, long begin, long end);
void glow_logistic_mixture_inverse(float *x, long x_stride, const float *z, long stride,
                                   const float *h, long h_stride, long columns, long components,
                                   long begin, long end);
/// One element, in double.
double glow_logistic_mixture_of(double x, const float *h, long components);
/// The x of which that is z, sought from `start`.
double glow_logistic_mixture_root(double z, double start, const float *h, long components);
void glow_gaussian_mixture(float *z, float *log_det, const float *x, long stride, const float *h,
                           long h_stride, long columns, long components, long begin, long end);
void glow_gaussian_mixture_backward(float *dx, float *dh, const float *dz, const float *d_log_det,
                                    const float *x, long stride, const float *h, long h_stride,
                                    long columns, long components, long begin, long end);
void glow_gaussian_mixture_inverse(float *x, long x_stride, const float *z, long stride,
                                   const float *h, long h_stride, long columns, long components,
                                   long begin, long end);

// ---- optimize.c

double glow_sum_of_squares(const float *x, long begin, long end);
/// One step of Adam (adamax: the infinity norm) with decoupled weight decay and, where average is
/// not null, average += (1 - decay) · (value - average). Leaves the gradient zero.
typedef struct {
  bool adamax;
  float rate, beta1, beta2, epsilon, correction1, correction2, weight_decay, gradient_scale;
  float average_decay;
} glow_adam_options;
void glow_adam(float *value, float *gradient, float *first, float *second, float *average,
               glow_adam_options o, long begin, long end);
/// momentum = beta · momentum + g and direction = (g + beta · momentum) / (its norm + 1e-7),
/// with g = scale · gradient; no direction where that is null. Leaves the gradient zero.
void glow_muon_direction(float *direction, float *gradient, float *momentum, float beta,
                         float scale, long count);
/// squared = a · I + b · matrix + c · squared, all side × side.
void glow_muon_polynomial(float *squared, const float *matrix, float a, float b, float c,
                          long side);
/// value = keep · value - size · direction, which may be null;
/// average += (1 - decay) · (value - average).
void glow_muon_apply(float *value, const float *direction, float *average, float keep, float size,
                     float average_decay, long count);
