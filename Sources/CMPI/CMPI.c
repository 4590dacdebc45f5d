#include "CMPI.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// There are two kinds of binary interface. Open MPI's handles are addresses of objects that the
// library exports; those of MPICH and its kin (Intel MPI, MVAPICH) are ints. An int passed in place
// of a pointer, and the other way round, takes the same register on all processors that we build
// for, so one set of types serves both: a handle is a void *, whose lower half is the int.
typedef void *handle;

static handle world, bytes_type, errors_return;
static void *no_status;

static int (*get_library_version)(char *, int *);
static int (*init_thread)(int *, char ***, int, int *);
static int (*comm_rank)(handle, int *);
static int (*comm_size)(handle, int *);
static int (*comm_set_errhandler)(handle, handle);
static int (*isend)(const void *, int, handle, int, int, handle, handle *);
static int (*irecv)(void *, int, handle, int, int, handle, handle *);
static int (*test)(handle *, int *, void *);
static int (*abort_all)(handle, int);
static int (*finalize)(void);

static char version[8192];  // as long as MPICH may ask for
static int rank_here, size_here;

static const char *find(void *library, const char *name, void **call) {
  static char reason[256];
  *call = dlsym(library, name);
  if (*call) return NULL;
  snprintf(reason, sizeof reason, "has no %s", name);
  return reason;
}

const char *cmpi_open(const char *path) {
  version[0] = 0;
  // global: the library loads parts of its own, which look for its names
  void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (!library) return dlerror();
  struct {
    const char *name;
    void **call;
  } calls[] = {
      {"MPI_Get_library_version", (void **)&get_library_version},
      {"MPI_Init_thread", (void **)&init_thread},
      {"MPI_Comm_rank", (void **)&comm_rank},
      {"MPI_Comm_size", (void **)&comm_size},
      {"MPI_Comm_set_errhandler", (void **)&comm_set_errhandler},
      {"MPI_Isend", (void **)&isend},
      {"MPI_Irecv", (void **)&irecv},
      {"MPI_Test", (void **)&test},
      {"MPI_Abort", (void **)&abort_all},
      {"MPI_Finalize", (void **)&finalize},
  };
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    const char *reason = find(library, calls[i].name, calls[i].call);
    if (reason) return reason;
  }
  int length = 0;
  get_library_version(version, &length);
  version[strcspn(version, "\r\n")] = 0;
  for (char *c = version; *c; c++)
    if ((unsigned char)*c < ' ') *c = ' ';

  if (!strncmp(version, "Open MPI v4.", 12) || !strncmp(version, "Open MPI v5.", 12)) {
    const char *reason = find(library, "ompi_mpi_comm_world", &world);
    if (!reason) reason = find(library, "ompi_mpi_byte", &bytes_type);
    if (!reason) reason = find(library, "ompi_mpi_errors_return", &errors_return);
    no_status = NULL;
    return reason;
  }
  if (!strncmp(version, "MPICH", 5) || !strncmp(version, "Intel(R) MPI", 12) ||
      !strncmp(version, "MVAPICH", 7)) {
    world = (handle)(intptr_t)0x44000000;
    bytes_type = (handle)(intptr_t)0x4c00010d;
    errors_return = (handle)(intptr_t)0x54000001;
    no_status = (void *)1;
    return NULL;
  }
  return "is neither Open MPI 4 or 5 nor of MPICH's kind";
}

const char *cmpi_version(void) { return version; }

int cmpi_start(void) {
  int provided = 0, funneled = 1;
  int error = init_thread(NULL, NULL, funneled, &provided);
  if (!error) error = comm_set_errhandler(world, errors_return);
  if (!error) error = comm_rank(world, &rank_here);
  if (!error) error = comm_size(world, &size_here);
  return error;
}

int cmpi_rank(void) { return rank_here; }
int cmpi_size(void) { return size_here; }
void cmpi_finish(void) { finalize(); }
void cmpi_abort(int status) { abort_all(world, status); }

int cmpi_send(const void *bytes, int count, int rank, int tag, cmpi_request *request) {
  request->handle = NULL;
  return isend(bytes, count, bytes_type, rank, tag, world, &request->handle);
}

int cmpi_receive(void *bytes, int count, int rank, int tag, cmpi_request *request) {
  request->handle = NULL;
  return irecv(bytes, count, bytes_type, rank, tag, world, &request->handle);
}

int cmpi_test(cmpi_request *request, bool *is_done) {
  int done = 0;
  int error = test(&request->handle, &done, no_status);
  *is_done = done;
  return error;
}
