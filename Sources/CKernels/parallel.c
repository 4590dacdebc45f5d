// The kernels run on the workers that oneDNN runs on, because two pools of spinning threads fight
// over few cores. Debian's and Ubuntu's oneDNN use GNU OpenMP, whose entry points can be called
// from any compiler; on Apple systems the kernels use Dispatch.
#include "CKernels.h"

typedef struct {
  glow_body body;
  void *context;
  long count, chunk;
} work;

#ifdef __APPLE__

#include <dispatch/dispatch.h>
#include <unistd.h>

// A thread's own, as with OpenMP: a thread that works alone for a moment must not change what another
// has read and will put back.
static _Thread_local int limit = 0;

void glow_set_threads(int threads) { limit = threads; }
int glow_threads(void) { return limit > 0 ? limit : (int)sysconf(_SC_NPROCESSORS_ONLN); }

static void run_chunk(void *context, size_t index) {
  work *w = context;
  long begin = (long)index * w->chunk;
  long end = begin + w->chunk < w->count ? begin + w->chunk : w->count;
  if (begin < end) w->body(w->context, begin, end);
}

static void run(work *w, int threads) {
  dispatch_apply_f((size_t)threads, DISPATCH_APPLY_AUTO, w, run_chunk);
}

#else

#include <stdlib.h>

// Workers that wait spin for milliseconds by default, which beside any other busy process slows
// everything tenfold; a few microseconds cost nothing measurable. libgomp reads this once, when it
// is loaded, so it has to be said before: the loader runs this array first of all.
static void spin_briefly(void) {
  if (!getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "2000", 0);
}
__attribute__((section(".preinit_array"), used)) static void (*before_libgomp)(void) =
    spin_briefly;

extern void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
extern void omp_set_num_threads(int threads);
extern int omp_get_max_threads(void);
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);

void glow_set_threads(int threads) { omp_set_num_threads(threads); }
int glow_threads(void) { return omp_get_max_threads(); }

static void run_chunk(void *context) {
  work *w = context;
  // There may be fewer threads than were asked for.
  for (long i = omp_get_thread_num(); i * w->chunk < w->count; i += omp_get_num_threads()) {
    long begin = i * w->chunk, end = begin + w->chunk < w->count ? begin + w->chunk : w->count;
    w->body(w->context, begin, end);
  }
}

#if __has_feature(thread_sanitizer)

// It does not see how libgomp's threads wait for each other, and would report every loop.
#include <pthread.h>

typedef struct {
  work *w;
  long begin, end;
} share;

static void *run_share(void *own) {
  share *s = own;
  s->w->body(s->w->context, s->begin, s->end);
  return NULL;
}

static void run(work *w, int threads) {
  pthread_t others[threads];
  share shares[threads];
  int count = 0;
  for (long begin = 0; begin < w->count; begin += w->chunk, count++) {
    long end = begin + w->chunk < w->count ? begin + w->chunk : w->count;
    shares[count] = (share){w, begin, end};
    if (count > 0) pthread_create(&others[count], NULL, run_share, &shares[count]);
  }
  run_share(&shares[0]);
  for (int i = 1; i < count; i++) pthread_join(others[i], NULL);
}

#else

// All of the threads, be there chunks for fewer: libgomp ends those that a loop has no use for, and
// with them what they keep.
static void run(work *w, int threads) { GOMP_parallel(run_chunk, w, (unsigned)threads, 0); }

#endif

#endif

void glow_parallel(long count, long grain, glow_body body, void *context) {
  long all = glow_threads(), threads = all;
  if (grain < 1) grain = 1;
  if (threads > count / grain) threads = count / grain;
  if (threads <= 1) {
    if (count > 0) body(context, 0, count);
    return;
  }
  work w = {body, context, count, (count + threads - 1) / threads};
  run(&w, (int)all);
}
