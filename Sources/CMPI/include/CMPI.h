#ifndef CMPI_H
#define CMPI_H

#include <stdbool.h>

// The few calls of MPI that are needed, of a library that is found while the program runs: nothing
// is linked, and no header of it is read. All of them by the one thread that calls cmpi_start.

// Loads a library by its name or path and finds its calls. Null, or why it can't be used.
const char *cmpi_open(const char *path);
// What the library calls itself, on one line; empty if none is open.
const char *cmpi_version(void);

// Starts MPI; cmpi_rank and cmpi_size are known from then on. 0, or an error's number.
int cmpi_start(void);
int cmpi_rank(void);
int cmpi_size(void);
// Ends MPI, after all messages have arrived.
void cmpi_finish(void);
// Ends all processes; may return, and may hang.
void cmpi_abort(int status);

// A message under way. It must lie still until cmpi_test says that it has arrived.
typedef struct {
  void *handle;
} cmpi_request;

int cmpi_send(const void *bytes, int count, int rank, int tag, cmpi_request *request);
int cmpi_receive(void *bytes, int count, int rank, int tag, cmpi_request *request);
int cmpi_test(cmpi_request *request, bool *is_done);

#endif
