#include "CFourier.h"

#include <complex>
#include <new>
#include <vector>

#include <kissfft/kissfft.hh>

using complex = std::complex<double>;

struct cfourier {
  size_t size;
  kissfft<double> halves, whole;
  std::vector<complex> from, to;
  explicit cfourier(size_t size)
      : size(size), halves(size / 2, false), whole(size, true), from(size), to(size) {}
};

cfourier *cfourier_make(long size) {
  try {
    return new cfourier(size_t(size));
  } catch (const std::bad_alloc &) {
    return nullptr;
  }
}

void cfourier_free(cfourier *fourier) { delete fourier; }

void cfourier_forward(cfourier *fourier, const double *x, double *spectrum) {
  auto *out = reinterpret_cast<complex *>(spectrum);
  fourier->halves.transform_real(x, out);
  // the last is real and stands beside the first
  out[fourier->size / 2] = out[0].imag();
  out[0] = out[0].real();
}

void cfourier_inverse(cfourier *fourier, const double *spectrum, double *x) {
  const auto *in = reinterpret_cast<const complex *>(spectrum);
  size_t size = fourier->size;
  for (size_t k = 0; k <= size / 2; k++) fourier->from[k] = in[k];
  for (size_t k = size / 2 + 1; k < size; k++) fourier->from[k] = std::conj(in[size - k]);
  fourier->whole.transform(fourier->from.data(), fourier->to.data());
  for (size_t n = 0; n < size; n++) x[n] = fourier->to[n].real() / double(size);
}
