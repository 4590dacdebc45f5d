// A thin shim over libpng: bytes in memory to exact samples and back. libpng reports errors by
// longjmp, which must never cross a Swift frame; every jump begins and ends inside CPNG.c.

#ifndef CPNG_H
#define CPNG_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
  CPNG_OK,
  CPNG_NOT_PNG,    // the signature is not that of a PNG
  CPNG_TRUNCATED,  // the bytes end before the image does
  CPNG_FAILED,     // anything else; the message says what
} cpng_status;

typedef struct {
  uint32_t width;
  uint32_t height;
  int channels;   // as decoded: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha
  int bit_depth;  // as stored: 1, 2, 4, 8 or 16
} cpng_header;

// Reads what stands before the pixels. On CPNG_FAILED `message` holds the reason.
cpng_status cpng_read_header(
    const uint8_t *bytes, size_t count, cpng_header *header, char *message, size_t message_size);

// Decodes to 8-bit interleaved samples, `pixel_bytes` = width · height · channels of the header.
// Palettes, low bit depths and transparent colours are expanded, 16 bits are rounded to 8; gamma
// and colour profiles are ignored.
cpng_status cpng_decode(
    const uint8_t *bytes, size_t count, uint8_t *pixels, size_t pixel_bytes, char *message,
    size_t message_size);

// Encodes 8-bit gray (channels 1) or RGB (channels 3). Pass `*encoded` to cpng_free afterwards.
cpng_status cpng_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, uint8_t **encoded,
    size_t *encoded_bytes, char *message, size_t message_size);

void cpng_free(uint8_t *encoded);

#endif
