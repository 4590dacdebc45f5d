#include "CPNG.h"

#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Where libpng's message goes instead of stderr.
typedef struct {
  char *text;
  size_t size;
} message_buffer;

// What changes between setjmp and longjmp is undefined afterwards if it is a local of the function
// that called setjmp. So a `source` or `sink` always belongs to that function's caller.

static void on_error(png_structp png, png_const_charp text) {
  message_buffer *message = png_get_error_ptr(png);
  snprintf(message->text, message->size, "%s", text);
  png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

// MARK: Reading

typedef struct {
  const uint8_t *bytes;
  size_t count;
  size_t offset;
  bool ended_early;
} source;

static void read_bytes(png_structp png, png_bytep into, size_t count) {
  source *from = png_get_io_ptr(png);
  if (count > from->count - from->offset) {
    from->ended_early = true;
    png_error(png, "the data ends too early");
  }
  memcpy(into, from->bytes + from->offset, count);
  from->offset += count;
}

static void read_header(png_structp png, png_infop info, cpng_header *header) {
  png_read_info(png, info);
  int color = png_get_color_type(png, info);
  bool alpha = (color & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, info, PNG_INFO_tRNS);
  header->width = png_get_image_width(png, info);
  header->height = png_get_image_height(png, info);
  header->channels = ((color & PNG_COLOR_MASK_COLOR) ? 3 : 1) + (alpha ? 1 : 0);
  header->bit_depth = png_get_bit_depth(png, info);
}

static void read_pixels(
    png_structp png, png_infop info, const cpng_header *header, uint8_t *pixels, size_t bytes) {
  png_set_expand(png);
  png_set_scale_16(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  size_t row = (size_t)header->width * header->channels;
  if (png_get_rowbytes(png, info) != row || row * header->height != bytes) {
    png_error(png, "the pixels do not fill the buffer");
  }
  for (int pass = 0; pass < passes; pass++) {
    for (uint32_t y = 0; y < header->height; y++) {
      png_read_row(png, pixels + y * row, NULL);
    }
  }
  png_read_end(png, NULL);
}

// With `pixels` NULL only the header is read.
static cpng_status read_png(
    source *from, cpng_header *header, uint8_t *pixels, size_t pixel_bytes,
    message_buffer message) {
  size_t signature = from->count < 8 ? from->count : 8;
  if (signature == 0 || png_sig_cmp(from->bytes, 0, signature) != 0) return CPNG_NOT_PNG;

  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &message, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    snprintf(message.text, message.size, "out of memory");
    return CPNG_FAILED;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return from->ended_early ? CPNG_TRUNCATED : CPNG_FAILED;
  }
  png_set_read_fn(png, from, read_bytes);
  // The caller limits width · height before it allocates; libpng's own limits hide the numbers.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  // Text, profiles and the like are never parsed: they change no sample and have held most CVEs.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  // A damaged tRNS must not pass as an opaque image.
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  read_header(png, info, header);
  if (pixels) read_pixels(png, info, header, pixels, pixel_bytes);
  png_destroy_read_struct(&png, &info, NULL);
  return CPNG_OK;
}

cpng_status cpng_read_header(
    const uint8_t *bytes, size_t count, cpng_header *header, char *message, size_t message_size) {
  source from = {bytes, count, 0, false};
  return read_png(&from, header, NULL, 0, (message_buffer){message, message_size});
}

cpng_status cpng_decode(
    const uint8_t *bytes, size_t count, uint8_t *pixels, size_t pixel_bytes, char *message,
    size_t message_size) {
  source from = {bytes, count, 0, false};
  cpng_header header;
  return read_png(&from, &header, pixels, pixel_bytes, (message_buffer){message, message_size});
}

// MARK: Writing

typedef struct {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
} sink;

static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
  sink *to = png_get_io_ptr(png);
  if (count > to->capacity - to->count) {
    size_t capacity = 2 * to->capacity + count;
    uint8_t *grown = realloc(to->bytes, capacity);
    if (!grown) png_error(png, "out of memory");
    to->bytes = grown;
    to->capacity = capacity;
  }
  memcpy(to->bytes + to->count, bytes, count);
  to->count += count;
}

static void flush_nothing(png_structp png) { (void)png; }

static cpng_status write_png(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, sink *to,
    message_buffer message) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &message, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    png_destroy_write_struct(&png, NULL);
    snprintf(message.text, message.size, "out of memory");
    return CPNG_FAILED;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return CPNG_FAILED;
  }
  png_set_write_fn(png, to, write_bytes, flush_nothing);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(
      png, info, width, height, 8, channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
      PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  // Level 4 takes about half the time of the default for a few per cent of size.
  png_set_compression_level(png, 4);
  png_write_info(png, info);
  for (uint32_t y = 0; y < height; y++) {
    png_write_row(png, pixels + (size_t)y * width * channels);
  }
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return CPNG_OK;
}

cpng_status cpng_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, uint8_t **encoded,
    size_t *encoded_bytes, char *message, size_t message_size) {
  sink to = {NULL, 0, 0};
  cpng_status status = write_png(
      pixels, width, height, channels, &to, (message_buffer){message, message_size});
  if (status != CPNG_OK) {
    free(to.bytes);
    return status;
  }
  *encoded = to.bytes;
  *encoded_bytes = to.count;
  return CPNG_OK;
}

void cpng_free(uint8_t *encoded) { free(encoded); }
