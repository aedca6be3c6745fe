// Peak rate of single-precision multiply-add at this instruction-set level.
namespace vitrine::bench::VITRINE_ISA_LEVEL {

typedef float Lanes __attribute__((vector_size(32)));

/// `n` rounds of 12 independent chains of 8 lanes: 192 n operations. The sum keeps them alive.
float multiply_add(long n, float seed) {
  Lanes a[12];
  for (int c = 0; c < 12; ++c)
    for (int l = 0; l < 8; ++l) a[c][l] = seed + float(c) + float(l);
  const Lanes scale = Lanes{} + 0.999f;
  const Lanes shift = Lanes{} + 0.001f;
  for (long i = 0; i < n; ++i)
#pragma GCC unroll 12
    for (int c = 0; c < 12; ++c) a[c] = a[c] * scale + shift;
  float sum = 0.0f;
  for (int c = 0; c < 12; ++c)
    for (int l = 0; l < 8; ++l) sum += a[c][l];
  return sum;
}

}  // namespace vitrine::bench::VITRINE_ISA_LEVEL
