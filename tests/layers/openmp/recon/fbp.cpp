void f() {
#pragma omp parallel for  // fires
  for (int i = 0; i < 3; ++i) {
  }
}
