#include <oneapi/dnnl/dnnl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "COneDNN.h"

// What multiplies matrices of one kind, and the memory objects that are pointed to each call's.
// Making it takes longer than a small product, and a training step asks for the same few again and
// again, so they are kept, the oldest making room: by each thread for itself, as the library keeps
// scratch memory for the thread that a product was made on.
enum { A, B, BIAS, C, OPERANDS };
enum { SHELF = 256 };

typedef struct {
  conednn_product product;
  int threads;
  dnnl_primitive_t primitive;
  dnnl_memory_t memory[OPERANDS];
} multiplier;

typedef struct {
  multiplier kept[SHELF];
  int oldest;
  dnnl_stream_t stream;
} shelf;

static dnnl_engine_t engine;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// ---- What release 3 of the library changed

typedef struct {
  dnnl_dims_t sizes, strides;
  dnnl_data_type_t type;
} matrix;

#if DNNL_VERSION_MAJOR < 3

typedef const dnnl_memory_desc_t *layout;

static bool make_layout(dnnl_memory_desc_t *l, const matrix *m) {
  return dnnl_memory_desc_init_by_strides(l, 2, m->sizes, m->type, m->strides) == dnnl_success;
}
static layout layout_of(const dnnl_memory_desc_t *l) { return l; }
static void discard_layout(dnnl_memory_desc_t *l) { (void)l; }

static bool append_rectifier(dnnl_post_ops_t after) {
  return dnnl_post_ops_append_eltwise(after, 1, dnnl_eltwise_relu, 0, 0) == dnnl_success;
}
static bool describe(dnnl_primitive_desc_t *out, const layout of[OPERANDS],
                     const_dnnl_primitive_attr_t attributes) {
  dnnl_matmul_desc_t operation;
  return dnnl_matmul_desc_init(&operation, of[A], of[B], of[BIAS], of[C]) == dnnl_success &&
         dnnl_primitive_desc_create(out, &operation, attributes, engine, NULL) == dnnl_success;
}

#else

typedef const_dnnl_memory_desc_t layout;

static bool make_layout(dnnl_memory_desc_t *l, const matrix *m) {
  return dnnl_memory_desc_create_with_strides(l, 2, m->sizes, m->type, m->strides) == dnnl_success;
}
static layout layout_of(const dnnl_memory_desc_t *l) { return *l; }
static void discard_layout(dnnl_memory_desc_t *l) { dnnl_memory_desc_destroy(*l); }

static bool append_rectifier(dnnl_post_ops_t after) {
  return dnnl_post_ops_append_eltwise(after, dnnl_eltwise_relu, 0, 0) == dnnl_success;
}
static bool describe(dnnl_primitive_desc_t *out, const layout of[OPERANDS],
                     const_dnnl_primitive_attr_t attributes) {
  return dnnl_matmul_primitive_desc_create(out, engine, of[A], of[B], of[BIAS], of[C],
                                           attributes) == dnnl_success;
}

#endif

// ----

static bool is_for(const multiplier *x, const conednn_product *p, int threads) {
  const conednn_product *q = &x->product;
  return x->primitive && x->threads == threads && q->m == p->m && q->n == p->n && q->k == p->k &&
         q->lda == p->lda && q->ldb == p->ldb && q->ldc == p->ldc &&
         q->transpose_a == p->transpose_a && q->transpose_b == p->transpose_b &&
         q->narrow_operands == p->narrow_operands && q->narrow_result == p->narrow_result &&
         q->has_bias == p->has_bias && q->rectify == p->rectify;
}

static void discard(multiplier *x) {
  if (x->primitive) dnnl_primitive_destroy(x->primitive);
  for (int i = 0; i < OPERANDS; i++)
    if (x->memory[i]) dnnl_memory_destroy(x->memory[i]);
  memset(x, 0, sizeof *x);
}

static bool make_primitive(dnnl_primitive_t *out, const layout of[OPERANDS], bool rectify) {
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_post_ops_t after = NULL;
  dnnl_primitive_desc_t description = NULL;
  bool done = dnnl_primitive_attr_create(&attributes) == dnnl_success &&
              dnnl_post_ops_create(&after) == dnnl_success &&
              (!rectify || append_rectifier(after)) &&
              dnnl_primitive_attr_set_post_ops(attributes, after) == dnnl_success &&
              describe(&description, of, attributes) &&
              dnnl_primitive_create(out, description) == dnnl_success;
  if (description) dnnl_primitive_desc_destroy(description);
  if (after) dnnl_post_ops_destroy(after);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  return done;
}

static bool prepare(multiplier *x, const conednn_product *p, int threads) {
  memset(x, 0, sizeof *x);
  x->product = *p, x->threads = threads;
  dnnl_data_type_t operands = p->narrow_operands ? dnnl_bf16 : dnnl_f32;
  matrix plan[OPERANDS] = {
      {{p->m, p->k}, {p->transpose_a ? 1 : p->lda, p->transpose_a ? p->lda : 1}, operands},
      {{p->k, p->n}, {p->transpose_b ? 1 : p->ldb, p->transpose_b ? p->ldb : 1}, operands},
      {{1, p->n}, {p->n, 1}, dnnl_f32},
      {{p->m, p->n}, {p->ldc, 1}, p->narrow_result ? dnnl_bf16 : dnnl_f32},
  };
  dnnl_memory_desc_t descriptions[OPERANDS];
  layout layouts[OPERANDS] = {NULL};
  bool done = true;
  int made = 0;
  for (; done && made < OPERANDS; made++) {
    done = make_layout(&descriptions[made], &plan[made]);
    if (!done) break;
    if (made == BIAS && !p->has_bias) continue;
    layouts[made] = layout_of(&descriptions[made]);
    done = dnnl_memory_create(&x->memory[made], layouts[made], engine, DNNL_MEMORY_NONE) ==
           dnnl_success;
  }
  done = done && make_primitive(&x->primitive, layouts, p->rectify);
  for (int i = 0; i < made; i++) discard_layout(&descriptions[i]);
  if (!done) discard(x);
  return done;
}

static bool run(const multiplier *x, dnnl_stream_t stream, const void *const handles[OPERANDS]) {
  static const int names[OPERANDS] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST};
  dnnl_exec_arg_t arguments[OPERANDS];
  int count = 0;
  for (int i = 0; i < OPERANDS; i++) {
    if (!x->memory[i]) continue;
    if (dnnl_memory_set_data_handle(x->memory[i], (void *)handles[i]) != dnnl_success) return false;
    arguments[count++] = (dnnl_exec_arg_t){names[i], x->memory[i]};
  }
  return dnnl_primitive_execute(x->primitive, stream, count, arguments) == dnnl_success &&
         dnnl_stream_wait(stream) == dnnl_success;
}

static void clear(void *own) {
  shelf *s = own;
  for (int i = 0; i < SHELF; i++) discard(&s->kept[i]);
  if (s->stream) dnnl_stream_destroy(s->stream);
  free(s);
}

static void begin(void) {
  if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success) engine = NULL;
  if (pthread_key_create(&key, clear)) engine = NULL;
}

// The calling thread's own; NULL where there is none to be had.
static shelf *own_shelf(void) {
  pthread_once(&once, begin);
  if (!engine) return NULL;
  shelf *s = pthread_getspecific(key);
  if (s) return s;
  s = calloc(1, sizeof *s);
  if (!s) return NULL;
  if (dnnl_stream_create(&s->stream, engine, dnnl_stream_default_flags) == dnnl_success &&
      !pthread_setspecific(key, s))
    return s;
  clear(s);
  return NULL;
}

bool conednn_multiply(conednn_product p, int threads, const void *a, const void *b,
                      const float *bias, void *c) {
  const void *const handles[OPERANDS] = {a, b, bias, c};
  shelf *s = own_shelf();
  if (!s) return false;
  int i = 0;
  while (i < SHELF && !is_for(&s->kept[i], &p, threads)) i++;
  if (i == SHELF) {
    multiplier fresh;
    if (!prepare(&fresh, &p, threads)) return false;
    i = s->oldest;
    s->oldest = (s->oldest + 1) % SHELF;
    discard(&s->kept[i]);
    s->kept[i] = fresh;
  }
  return run(&s->kept[i], s->stream, handles);
}
