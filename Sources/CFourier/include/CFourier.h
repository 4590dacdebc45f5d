// The discrete Fourier transform of real numbers, by KISS FFT's template in double precision.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/// What a transform of one size needs; used by one thread at a time.
typedef struct cfourier cfourier;

/// A transform of `size` numbers, an even number of at least 2; null where there is no memory.
cfourier *cfourier_make(long size);
void cfourier_free(cfourier *fourier);
/// spectrum[k] = Σ x[n] exp(−2πi nk / size), k from 0 to size/2, real and imaginary part by turns.
void cfourier_forward(cfourier *fourier, const double *x, double *spectrum);
/// x, from what `forward` gave.
void cfourier_inverse(cfourier *fourier, const double *spectrum, double *x);

#ifdef __cplusplus
}
#endif
